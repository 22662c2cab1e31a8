/**
 * When the cron is to look for events again: `mark:events`, a time. Lists are dear in KV, 1,000 a day on the free plan,
 * so there is one an hour, and one a run while something is due. Where two write it at once, a look is an hour late.
 */
import type { Namespace } from "./namespace.ts";

const MARK = "mark:events";

/** Longest time between two looks, in milliseconds. It also finds events whose writer died before the first attempt. */
const LONGEST_MILLISECONDS = 3_600_000;

export type NextLook = ReturnType<typeof nextLookIn>;

export function nextLookIn(kv: Namespace) {
  let known: Promise<number> | null = null;
  /** 0 if there is no mark: then it is time. */
  const read = () => (known ??= kv.text(MARK).then(Number));

  async function set(at: number): Promise<void> {
    known = Promise.resolve(at);
    await kv.set(MARK, String(at), null);
  }

  return {
    isDue: async (now: number): Promise<boolean> => (await read()) <= now,

    /** After a look that found this due first; while something is due the mark stays as it is, which costs no write. */
    async looked(firstDueAt: number | null, now: number): Promise<void> {
      const next = Math.min(firstDueAt ?? Infinity, now + LONGEST_MILLISECONDS);
      if (next > now) await set(next);
    },

    /** Something is due at a time: the next look is not to be later. */
    async notAfter(dueAt: number): Promise<void> {
      if ((await read()) > dueAt) await set(dueAt);
    },
  };
}
