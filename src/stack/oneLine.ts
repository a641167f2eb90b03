/** The most characters of a foreign text that a message shows. */
const most = 300;

/** The first line of a text that a server or a tool wrote, fit to be shown: bounded, and without control or bidi characters. */
export function oneLine(text: string): string {
  const [line = ""] = text.trim().split(/[\r\n]/);
  const plain = line.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ").trim();
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}
