/** The DER encodings (ITU-T X.690) that an X.509 certificate needs. Node can sign data but not create certificates. */

export type Der = Buffer;

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
} as const;
const SEQUENCE = 0x30;
const SET = 0x31;

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits: number[] = [];
  for (let rest = bytes; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return Buffer.from([0x80 | digits.length, ...digits]);
}

const encode = (type: number, content: Buffer): Der =>
  Buffer.concat([Buffer.from([type]), length(content.length), content]);

export const sequence = (...parts: Der[]): Der => encode(SEQUENCE, Buffer.concat(parts));
export const set = (...parts: Der[]): Der => encode(SET, Buffer.concat(parts));
export const octets = (content: Buffer): Der => encode(tag.octetString, content);
export const utf8 = (text: string): Der => encode(tag.utf8, Buffer.from(text, "utf8"));
export const truth: Der = encode(tag.boolean, Buffer.from([0xff]));

/** Encodes a non-negative integer, given its big-endian bytes. A leading zero keeps it from being read as negative. */
export const integer = (bytes: Buffer): Der =>
  encode(tag.integer, ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));

/** Encodes a bit string. `unused`: number of unused bits in the last byte. */
export const bits = (content: Buffer, unused = 0): Der =>
  encode(tag.bitString, Buffer.concat([Buffer.from([unused]), content]));

/** Encodes a context-specific tag: constructed (contains other encodings) or primitive (contains bytes). */
export const context = (number: number, content: Buffer, constructed: boolean): Der =>
  encode((constructed ? 0xa0 : 0x80) | number, content);

/** Encodes an object identifier, e.g. `oid("2.5.29.19")`. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(tag.oid, Buffer.concat([first * 40 + second, ...rest].map(base128)));
}

function base128(value: number): Buffer {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return Buffer.from(digits);
}

/** Encodes a UTCTime in seconds, which RFC 5280 requires up to the year 2049. */
export const time = (at: Date): Der =>
  encode(tag.utcTime, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`, "ascii"));
