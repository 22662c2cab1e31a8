/**
 * Calls to a store that may fail temporarily: repeated with jitter until a deadline. Only for work that may run twice.
 * What still fails then is a `StoreError`, whatever the platform's error was.
 */

/**
 * Longest pause before the first repeat, in milliseconds; doubled each time. The actual pause is random, and shorter.
 */
const FIRST_PAUSE_MILLISECONDS = 50;

/**
 * Errors that Cloudflare documents as worth a repeat (developers.cloudflare.com/d1/observability/debug-d1, and
 * /d1/best-practices/retry-queries), and KV's error for more than one write a second to a key.
 */
const TRANSIENT = [
  "Network connection lost",
  "storage caused object to be reset",
  "reset because its code was updated",
  "Cannot resolve D1 DB due to transient issue",
  "D1 DB is overloaded",
  "storage operation exceeded timeout",
  "nternal error",
];

/** SQLite's errors for a table or column that an older schema does not have. */
const OLDER_SCHEMA = /no such (?:table|column)|has no column named/;

/** The store failed, or did not answer in time. */
export class StoreError extends Error {
  /** The database lacks a table or column: its migrations are not applied. */
  readonly isSchema: boolean;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "StoreError";
    this.isSchema = OLDER_SCHEMA.test(this.message);
  }
}

/** Runs work until it succeeds, fails for good, or the time is up. Rejects with a StoreError. */
export type Persistently = <T>(work: () => Promise<T>) => Promise<T>;

/** `milliseconds` is how long each call is tried. A sender is waiting, and nobody knows for how long. */
export function persistent(milliseconds: number): Persistently {
  return async (work) => {
    const deadline = Date.now() + milliseconds;
    for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause *= 2) {
      try {
        return await before(deadline, work());
      } catch (error) {
        const wait = Math.random() * pause;
        if (!isTransient(error) || Date.now() + wait >= deadline) throw new StoreError(error);
        await scheduler.wait(wait);
      }
    }
  };
}

/** KV's error texts: "KV PUT failed: 429 Too Many Requests" for more than one write a second to a key, and 5xx. */
const KV_TRANSIENT = /KV \w+ failed: (?:429|5\d\d)/;

const isTransient = (error: unknown): boolean =>
  KV_TRANSIENT.test(String(error)) || TRANSIENT.some((message) => String(error).includes(message));

/**
 * A call that does not answer is given up at the deadline. If it takes effect later, that does no harm, since all work
 * may run twice.
 */
async function before<T>(deadline: number, work: Promise<T>): Promise<T> {
  let timer: number | null = null;
  const tooLate = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error("The store did not answer in time."));
    timer = setTimeout(giveUp, Math.max(0, deadline - Date.now()));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // Where it was given up, nobody waits for it any more.
  }
}
