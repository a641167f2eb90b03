import { stripVTControlCharacters } from "node:util";

/** Removes colors, control characters, invisible characters and direction marks from the output of a server or tool. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();

/** Escapes characters that a terminal interprets or doesn't show: control and format characters, unusual spaces, lone surrogates. */
export const visible = (text: string): string =>
  text.replaceAll(/(?! )[\p{C}\p{Z}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);

/** Cuts a text to `length` characters, the last one an ellipsis if anything was cut. */
export const cut = (text: string, length: number): string =>
  [...text].length <= length ? text : `${[...text].slice(0, length - 1).join("")}…`;

/** Makes foreign text safe to show in a message: one line of at most 500 characters. */
export const oneLine = (text: string): string => cut(plain(text), 500);
