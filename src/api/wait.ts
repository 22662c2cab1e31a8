/** `?wait=`: asks again and again, less often as time goes by, until the job is terminal or time is up. */

/** How much longer each pause is than the one before, as a share of the first, and the longest, in first pauses. */
const PAUSE_STEP = 0.5;
const LONGEST_PAUSE = 4.5;

interface Wait<T> {
  ask: () => Promise<T>;
  isDone: (answer: T) => boolean;
  /** How long to wait in all. */
  seconds: number;
  /** As the store tells: how soon a second look is worth it. */
  firstPauseSeconds: number;
  /** Of the client: nobody waits any more once it has gone. */
  signal: AbortSignal;
}

/**
 * Resolves when it is done, the time is up, or the client has gone. With a first pause of 0.4 s these are 37 questions
 * in 60 seconds, on average 0.9 seconds apart from the callback.
 */
export async function poll<T>({ ask, isDone, seconds, firstPauseSeconds, signal }: Wait<T>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  const firstPause = firstPauseSeconds * 1000;
  for (let pause = firstPause; Date.now() < deadline; pause += firstPause * PAUSE_STEP) {
    await scheduler.wait(Math.min(pause, firstPause * LONGEST_PAUSE, deadline - Date.now()));
    if (signal.aborted || isDone(await ask())) return;
  }
}
