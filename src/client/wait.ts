/**
 * Waits for a job: one long-poll after another until it is terminal or the time is up. After a failure that may pass by
 * itself (a lost connection, 408, 429, 5xx) it pauses and tries again. Any other failure ends the wait at once.
 */
import { JobTimeoutError } from "./errors.ts";
import type { Job } from "./job.ts";
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

/** When to give up: after so many seconds, or at a time. */
export type Deadline = { timeoutSeconds: number; deadline?: never } | { deadline: Date; timeoutSeconds?: never };

export type WaitOptions = Deadline & {
  /** Ends the wait: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called with the job when it is first known, and each time its record has changed, the last time included. */
  onUpdate?: ((job: Job) => void) | undefined;
};

/** A job with the ETag of its record; null if the answer had none. */
export interface Answer {
  job: Job;
  etag: string | null;
}

/** Asks once. Null if the record still has that ETag, or the job is not known. */
export type Ask = (wait: number, etag: string | null, signal: AbortSignal) => Promise<Answer | null>;

export async function waitUntilTerminal(jobId: string, ask: Ask, options: WaitOptions, backoff: Backoff): Promise<Job> {
  const { timeoutSeconds, deadline, signal, onUpdate } = options;
  const end = deadline === undefined ? Date.now() + timeoutSeconds * 1000 : deadline.getTime();
  if (Number.isNaN(end)) throw new TypeError("waitForJob needs timeoutSeconds, or a valid deadline.");
  const secondsLeft = () => (end - Date.now()) / 1000;

  let known: Answer | null = null;
  let failure: unknown;
  /** How many requests in a row were over too soon. Without a pause after them, this loop would spin. */
  let hurried = 0;
  /** The first request does not wait: it shows at once what is known already, or what is wrong with the request. */
  let wait = 0;
  while (secondsLeft() > 0) {
    const askedAt = Date.now();
    const limitSeconds = Math.min(wait + GRACE_SECONDS, secondsLeft());
    const turn = await settle(
      withTimeLimit(limitSeconds, signal, (limited) => ask(wait, known?.etag ?? null, limited)),
    );
    signal?.throwIfAborted();
    failure = turn.error;
    if (failure !== undefined && !mayPass(failure)) throw failure;
    if (turn.answer !== null) {
      known = turn.answer;
      onUpdate?.(known.job);
      if (known.job.terminal) return known.job;
    }
    hurried = Date.now() - askedAt < Math.max(1, wait) * 1000 ? hurried + 1 : 0;
    const pauseSeconds = Math.max(hurried === 0 ? 0 : backoff(hurried), retryAfterOf(failure));
    await pause(Math.min(pauseSeconds, secondsLeft()), signal);
    wait = waitWithin(secondsLeft());
  }
  throw new JobTimeoutError(jobId, known?.job ?? null, failure);
}

/** One whole second less than is left, so that the answer is here before the deadline. */
const waitWithin = (secondsLeft: number): number =>
  Math.max(0, Math.min(WAIT_LIMIT_SECONDS, Math.floor(secondsLeft) - 1));
