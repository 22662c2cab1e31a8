/**
 * When the cron looks for events next: `mark:events`, a time. A free plan has only 1,000 lists of KV a day. So there is
 * one an hour, and one a run while something is due. If two runs write the mark at once, a look is up to an hour late.
 */
import type { Namespace } from "./namespace.ts";

const MARK = "mark:events";

/**
 * Longest time between two looks, in milliseconds. Such a look also finds events whose writer died before the first
 * attempt.
 */
const LONGEST_MILLISECONDS = 3_600_000;

export type NextLook = ReturnType<typeof nextLookIn>;

export function nextLookIn(kv: Namespace) {
  let known: Promise<number> | null = null;
  /** 0 without a mark: then it is time to look. */
  const read = () => (known ??= kv.text(MARK).then(Number));

  async function set(at: number): Promise<void> {
    known = Promise.resolve(at);
    await kv.set(MARK, String(at), null);
  }

  return {
    isDue: async (now: number): Promise<boolean> => (await read()) <= now,

    /**
     * Records when the first event is due that a look has found. While something is due, the mark stays, which saves a
     * write.
     */
    async looked(firstDueAt: number | null, now: number): Promise<void> {
      const next = Math.min(firstDueAt ?? Infinity, now + LONGEST_MILLISECONDS);
      if (next > now) await set(next);
    },

    /** Something is due at that time, so the next look must not be later. */
    async notAfter(dueAt: number): Promise<void> {
      if ((await read()) > dueAt) await set(dueAt);
    },
  };
}
