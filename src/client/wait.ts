/**
 * Waiting for a job: one long-poll after another until it is terminal or the time is up. What may pass by itself
 * (a lost connection, 408, 429, 5xx) is tried again after a pause; everything else ends the wait at once.
 */
import { JobTimeoutError, ReceiverError } from "./errors.ts";
import type { Job } from "./job.ts";

/** Longest `?wait=` the receiver takes. */
const WAIT_LIMIT_SECONDS = 60;
/** What an answer may take beyond its `?wait=`; after that the connection counts as lost. */
const GRACE_SECONDS = 15;
/** Longest `Retry-After` that is believed. */
const RETRY_AFTER_LIMIT_SECONDS = 86_400;

/** When to give up: after so many seconds, or at a time. */
export type Deadline = { timeoutSeconds: number; deadline?: never } | { deadline: Date; timeoutSeconds?: never };

export type WaitOptions = Deadline & {
  /** Ends the wait: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told the job when it is first known and each time its record has changed, the last time included. */
  onUpdate?: ((job: Job) => void) | undefined;
};

/** A job with the ETag of its record, where it came with one. */
export interface Answer {
  job: Job;
  etag: string | null;
}

/** Asks once: null where the record still has that ETag, or where no callback has named the job. */
export type Ask = (wait: number, etag: string | null, signal: AbortSignal) => Promise<Answer | null>;

/** Seconds to pause after the nth turn in a row, from 1, that was over sooner than asked for: failures, mostly. */
export type Backoff = (turns: number) => number;

/** Half a second, doubling to 16; up to half of it is left out at random, so that many clients do not ask at once. */
export const defaultBackoff: Backoff = (turns) => 2 ** Math.min(turns - 2, 4) * (1 - Math.random() / 2);

export async function waitUntilTerminal(jobId: string, ask: Ask, options: WaitOptions, backoff: Backoff): Promise<Job> {
  const { timeoutSeconds, deadline, signal, onUpdate } = options;
  const end = deadline === undefined ? Date.now() + timeoutSeconds * 1000 : deadline.getTime();
  if (Number.isNaN(end)) throw new TypeError("waitForJob needs timeoutSeconds, or a valid deadline.");
  const secondsLeft = () => (end - Date.now()) / 1000;

  let known: Answer | null = null;
  let failure: unknown;
  /** Turns in a row that were over sooner than asked for. Without a pause after them this loop would spin. */
  let hurried = 0;
  /** The first question does not wait: what is known already, or wrong with the request, shows at once. */
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

/** Whole seconds, and one less than are left, so that the answer is here before the deadline. */
const waitWithin = (secondsLeft: number): number =>
  Math.max(0, Math.min(WAIT_LIMIT_SECONDS, Math.floor(secondsLeft) - 1));

const settle = (answer: Promise<Answer | null>): Promise<{ answer: Answer | null; error?: unknown }> =>
  answer.then(
    (found) => ({ answer: found }),
    (error: unknown) => ({ answer: null, error }),
  );

/** 501 will not pass: this receiver's store cannot do it. Whatever is no answer at all is a lost connection. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ReceiverError)) return true;
  const { status } = error;
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

const retryAfterOf = (error: unknown): number =>
  Math.min(RETRY_AFTER_LIMIT_SECONDS, (error instanceof ReceiverError ? error.retryAfterSeconds : null) ?? 0);

/** Runs with a signal that aborts when `outer` does or the time is up. Leaves no timer and no listener behind. */
async function withTimeLimit<T>(
  seconds: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error("The receiver did not answer in time.")), seconds * 1000);
  outer?.addEventListener("abort", onAbort);
  if (outer?.aborted === true) onAbort();
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
  }
}

/** Rejects with the signal's reason as soon as it aborts. */
async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (seconds <= 0) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", done);
  });
  signal?.throwIfAborted();
}
