import { stripVTControlCharacters } from "node:util";

/** A text that a server or a tool wrote, without colours, control characters, and characters that are not seen or turn text around. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();

/** The first characters of a text, with an ellipsis if there are more. */
export const cut = (text: string, length: number): string =>
  [...text].length <= length ? text : `${[...text].slice(0, length - 1).join("")}…`;

/** A text of somebody else's, fit to be shown in a message: one line, at most 500 characters. */
export const oneLine = (text: string): string => cut(plain(text), 500);
