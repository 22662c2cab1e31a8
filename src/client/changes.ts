/**
 * Follows all jobs: one long-poll after another, page after page. After a failure that may pass by itself (a lost
 * connection, 408, 429, 5xx) it pauses and tries again from the same cursor. Any other failure ends it.
 */
import {
  type Backoff,
  GRACE_SECONDS,
  mayPass,
  pause,
  retryAfterOf,
  settle,
  WAIT_LIMIT_SECONDS,
  withTimeLimit,
} from "./patience.ts";
import type { ListedJob } from "./records.ts";

export interface ChangesOptions {
  /**
   * The `cursor` of the last page that you are done with, or `"start"` for the very beginning. Unless given, from now
   * on.
   */
  after?: string | null | undefined;
  /** How many jobs a page has at most: 1 to 100, 100 unless given. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called for each failure that may pass, with the seconds until it asks again. */
  onFailure?: ((error: unknown, pauseSeconds: number) => void) | undefined;
}

/** Jobs that changed, oldest change first. */
export interface ChangesPage {
  jobs: ListedJob[];
  /** Give it as `after` to continue after this page. */
  cursor: string;
}

/** Asks once, from a cursor, or from now without one. */
export type AskChanges = (after: string | undefined, wait: number, signal: AbortSignal) => Promise<ChangesPage>;

export async function* followChanges(
  ask: AskChanges,
  { after, signal, onFailure }: ChangesOptions,
  backoff: Backoff,
): AsyncGenerator<ChangesPage, void> {
  let cursor = after ?? undefined;
  /** The first request does not wait: it gives what has changed already, and a cursor. */
  let wait = 0;
  /**
   * How many requests in a row were over too soon and brought nothing. Without a pause after them, this loop would
   * spin.
   */
  let hurried = 0;
  for (;;) {
    const askedAt = Date.now();
    const { answer, error } = await settle(
      withTimeLimit(wait + GRACE_SECONDS, signal, (limited) => ask(cursor, wait, limited)),
    );
    signal?.throwIfAborted();
    if (error !== undefined && !mayPass(error)) throw error;
    const isFirst = wait === 0;
    if (answer !== null) {
      ({ cursor } = answer);
      wait = WAIT_LIMIT_SECONDS;
      if (answer.jobs.length > 0 || isFirst) {
        hurried = 0;
        yield answer;
        signal?.throwIfAborted();
        continue;
      }
    }
    const isEarly = answer === null || Date.now() - askedAt < (WAIT_LIMIT_SECONDS - 1) * 1000;
    hurried = isEarly ? hurried + 1 : 0;
    const pauseSeconds = Math.max(hurried === 0 ? 0 : backoff(hurried), retryAfterOf(error));
    if (error !== undefined) onFailure?.(error, pauseSeconds);
    await pause(pauseSeconds, signal);
  }
}
