/**
 * Repeatable random numbers: the same seed gives the same sequence on every machine. The generator is sfc32, seeded
 * with a 128-bit hash of the seed's text. Not for secrets.
 */

export class Random {
  readonly #state: Uint32Array;

  /** Independent streams have keys of their own: `new Random(seed, "job", 7)`. */
  constructor(...seed: readonly (string | number)[]) {
    this.#state = hash(seed.join("\u0000"));
    for (let round = 0; round < 12; round += 1) this.#bits();
  }

  /** 32 random bits. */
  #bits(): number {
    const state = this.#state as unknown as [number, number, number, number];
    const sum = (state[0] + state[1] + state[3]) | 0;
    state[3] += 1;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = state[2] + (state[2] << 3);
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 up to but not including 1. */
  fraction(): number {
    return this.#bits() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** True with that probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)] as T;
  }

  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.#bits().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  /** 32 hexadecimal digits like a UUID of version 1, as CI's ids have after their first letter. */
  uuid(): string {
    const start = this.hex(12);
    return `${start}11${this.pick(["ed", "ee", "ef", "f0", "f1"])}${this.pick(["8", "9", "a", "b"])}${this.hex(15)}`;
  }
}

/** Four 32-bit hashes of one text (FNV-1a, each with a start of its own). */
function hash(text: string): Uint32Array {
  const state = Uint32Array.of(0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    for (let lane = 0; lane < 4; lane += 1) {
      state[lane] = Math.imul((state[lane] as number) ^ (code + lane), 0x01000193);
    }
  }
  return state;
}
