/**
 * Following along: one long-poll after another, page after page. What may pass by itself (a lost connection, 408, 429,
 * 5xx) is tried again after a pause, from the same cursor; everything else ends it.
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
  /** The `cursor` of the last page you are done with, or `"start"` for the beginning of all. Not given: from now on. */
  after?: string | null | undefined;
  /** How many jobs a page has at most: 1 to 100, 100 unless given. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told of each failure that may pass, and of the seconds until it asks again. */
  onFailure?: ((error: unknown, pauseSeconds: number) => void) | undefined;
}

/** Jobs that changed, oldest change first. */
export interface ChangesPage {
  jobs: ListedJob[];
  /** Give it as `after` to go on behind this page. */
  cursor: string;
}

/** Asks once, from a cursor; without one from now. */
export type AskChanges = (after: string | undefined, wait: number, signal: AbortSignal) => Promise<ChangesPage>;

export async function* followChanges(
  ask: AskChanges,
  { after, signal, onFailure }: ChangesOptions,
  backoff: Backoff,
): AsyncGenerator<ChangesPage, void> {
  let cursor = after ?? undefined;
  /** The first question does not wait: it gives what has changed already, and a cursor. */
  let wait = 0;
  /** Turns in a row that brought nothing sooner than asked for. Without a pause after them this loop would spin. */
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
