import { createHash } from "node:crypto";

/** Points of each member on the ring. With eight members, the ring has Envoy's default size of 1,024. */
const pointsOfMember = 128;

/** A consistent-hash ring: adding or removing a member moves only the keys next to that member's points. */
export class HashRing {
  readonly #points: ReadonlyArray<{ readonly position: number; readonly member: string }>;

  constructor(members: readonly string[]) {
    this.#points = members
      .flatMap((member) =>
        Array.from({ length: pointsOfMember }, (_, index) => ({ position: hash(`${member}_${index}`), member })),
      )
      .sort((a, b) => a.position - b.position);
  }

  /** Returns the member at or after the key's position; undefined if the ring is empty. */
  find(key: string): string | undefined {
    const position = hash(key);
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return (this.#points[low] ?? this.#points[0])?.member;
  }
}

const hash = (text: string): number => createHash("sha1").update(text).digest().readUInt32BE(0);
