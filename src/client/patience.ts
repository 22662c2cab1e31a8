/**
 * How the client gets through outages: which failures may pass, how long a request may take, and the pauses between.
 */
import { ReceiverError } from "./errors.ts";

/** Longest `?wait=` the receiver takes. */
export const WAIT_LIMIT_SECONDS = 60;
/** How much longer than its `?wait=` an answer may take, in seconds. After that the connection counts as lost. */
export const GRACE_SECONDS = 15;
/** Longest `Retry-After` that is obeyed, in seconds. */
const RETRY_AFTER_LIMIT_SECONDS = 86_400;

/** The pause, in seconds, after so many requests in a row (from 1) that were over too soon, mostly failures. */
export type Backoff = (turns: number) => number;

/** Half a second, doubling to 16, less up to half of it at random, so that many clients do not ask at once. */
export const defaultBackoff: Backoff = (turns) => 2 ** Math.min(turns - 2, 4) * (1 - Math.random() / 2);

/** The outcome of a promise. `error` is undefined if it resolved. */
export const settle = <T>(promise: Promise<T>): Promise<{ answer: T | null; error?: unknown }> =>
  promise.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ answer: null, error }),
  );

/** 501 will not pass: the receiver's store cannot do it. Any error that is not an answer is a lost connection. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ReceiverError)) return true;
  const { status } = error;
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

export const retryAfterOf = (error: unknown): number =>
  Math.min(RETRY_AFTER_LIMIT_SECONDS, (error instanceof ReceiverError ? error.retryAfterSeconds : null) ?? 0);

/** Runs work with a signal that aborts when `outer` does or the time is up. Leaves no timer and no listener behind. */
export async function withTimeLimit<T>(
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
export async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
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
