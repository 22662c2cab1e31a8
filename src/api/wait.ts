/** `?wait=`: asks the store again and again, less often as time goes by, until the job is terminal or time is up. */

/** First pause between two questions, and how much longer each is than the one before, up to the longest. Milliseconds. */
const FIRST_PAUSE = 400;
const PAUSE_STEP = 200;
const LONGEST_PAUSE = 1_800;

/**
 * Asks until `isDone`, the time is up, or the client has gone; gives the last answer. In 60 seconds these are
 * 38 questions, on average 0.9 seconds apart from the callback.
 */
export async function poll<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  seconds: number,
  signal: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let answer = await ask();
  for (
    let pause = FIRST_PAUSE;
    !isDone(answer) && Date.now() < deadline;
    pause = Math.min(pause + PAUSE_STEP, LONGEST_PAUSE)
  ) {
    await scheduler.wait(Math.min(pause, Math.max(0, deadline - Date.now())));
    if (signal.aborted) break;
    answer = await ask();
  }
  return answer;
}
