/**
 * Pending deliveries. The place of each, `status:pending:…`, counts how often reading it began; the count is best
 * effort, since KV has no compare-and-set. A flag says whether there may be any, since listing them every two minutes
 * would take most of the 1,000 lists that a free plan has a day.
 */
import { type Claim, READ_ATTEMPTS } from "../store.ts";
import { type Head, type Heads } from "./heads.ts";
import { LIST_KEYS, type Namespace } from "./namespace.ts";
import { statusKey, type StatusFacts, statusPrefix } from "./places.ts";

/** While this key exists, there may be a pending delivery. */
const FLAG = "mark:pending";

/** How long the flag lives after a delivery was last kept unread or found waiting, in seconds. */
const FLAG_SECONDS = 3 * 3_600;

export type Pending = ReturnType<typeof pendingIn>;

export function pendingIn(kv: Namespace, heads: Heads) {
  const raiseFlag = () => kv.set(FLAG, String(Date.now()), Math.ceil(Date.now() / 1000) + FLAG_SECONDS);

  async function attemptsOf(key: string): Promise<number> {
    return (await kv.metadata<StatusFacts>(key))?.attempts ?? 0;
  }

  const setAttempts = (key: string, attempts: number) =>
    kv.set(key, "", null, { attempts: Math.max(0, attempts) } satisfies StatusFacts);

  return {
    /** Gives a pending delivery its place. If it has one, the attempts stay. */
    async note(head: Head, isNew: boolean): Promise<void> {
      const key = statusKey("pending", head);
      await setAttempts(key, isNew ? 0 : await attemptsOf(key));
      await raiseFlag();
    },

    /** Counts an attempt before it is made; `exhausted` if there were too many. */
    async claim(id: string): Promise<Claim> {
      const head = await heads.read(id);
      if (head === null) return "not-pending";
      const key = statusKey("pending", head);
      if (head.status !== "pending") {
        // A place that was left behind. A delivery that was made pending again may look quarantined for a minute.
        if (head.status !== "quarantined") await kv.remove(key);
        return "not-pending";
      }
      const attempts = await attemptsOf(key);
      if (attempts >= READ_ATTEMPTS) return "exhausted";
      await setAttempts(key, attempts + 1);
      return "claimed";
    },

    async release(id: string): Promise<void> {
      const head = await heads.read(id);
      if (head?.status !== "pending") return;
      const key = statusKey("pending", head);
      await setAttempts(key, (await attemptsOf(key)) - 1);
    },

    /** Those with the fewest attempts come first, and of these the oldest. */
    async list(limit: number): Promise<string[]> {
      const raisedAt = await kv.text(FLAG);
      if (raisedAt === null) return [];
      const { keys } = await kv.list<StatusFacts>(statusPrefix("pending"), LIST_KEYS, null);
      const isFading = Number(raisedAt) + (FLAG_SECONDS * 1000) / 2 < Date.now();
      if (keys.length > 0 && isFading) await raiseFlag();
      return keys
        .toReversed()
        .map(({ name, metadata }) => ({ id: name.slice(name.lastIndexOf(":") + 1), attempts: metadata?.attempts ?? 0 }))
        .toSorted((a, b) => a.attempts - b.attempts)
        .slice(0, limit)
        .map(({ id }) => id);
    },

    raiseFlag,
  };
}
