/**
 * `?wait=`: asks the store again and again, less often as time goes by, until the job is terminal or the time is up. If
 * the store tells what has changed, all requests that wait in an isolate share that knowledge, and each asks only when
 * there is news for it.
 */
import type { News } from "../store/store.ts";

/** How much longer each pause is than the one before, and the longest pause; both in first pauses. */
const PAUSE_STEP = 0.5;
const LONGEST_PAUSE = 4.5;

/** How often the shared news is looked at, in first pauses. That makes no query. */
const GLANCE = 0.5;

interface Wait<T> {
  ask: () => Promise<T>;
  isDone: (answer: T) => boolean;
  /** How long to wait in all. */
  seconds: number;
  /** The shortest time between two questions to the store, in seconds. */
  firstPauseSeconds: number;
  /** The client's signal: when it has gone, nobody waits any more. */
  signal: AbortSignal;
  /** News since before the first question. Without it, each request asks for itself. */
  news?: Watch | null;
}

/** Whether there may be news since the last call. What is known may be so many milliseconds old. */
type Watch = (oldestMilliseconds: number) => Promise<boolean>;

/** Begins to watch a job, or all jobs for null. Null if the store cannot tell, or fails. */
export async function watch(news: News | null, jobId: string | null): Promise<Watch | null> {
  if (news === null) return null;
  try {
    let number = await news.start();
    return async (oldestMilliseconds) => {
      const next = await news.after(number, jobId, oldestMilliseconds);
      number = next ?? number;
      return next !== null;
    };
  } catch {
    return null;
  }
}

/**
 * Resolves when it is done, the time is up, or the client has gone. With a first pause of 0.4 s, a single waiting
 * request asks 37 times in 60 seconds, and notices a callback after 0.9 seconds on average. Many requests together ask
 * as often as the latest of them would by itself.
 */
export async function poll<T>({
  ask,
  isDone,
  seconds,
  firstPauseSeconds,
  signal,
  news = null,
}: Wait<T>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  const firstPause = firstPauseSeconds * 1000;
  let pause = firstPause;
  let pauseBegan = Date.now();
  while (Date.now() < deadline) {
    const left = Math.min(pauseBegan + pause, deadline) - Date.now();
    await scheduler.wait(news === null ? left : Math.min(left, firstPause * GLANCE));
    if (signal.aborted) return;
    // If the news cannot be had, the question itself tells what is wrong.
    const isWorthAsking = news === null || (await news(pause).catch(() => true));
    if (isWorthAsking && isDone(await ask())) return;
    if (Date.now() - pauseBegan < pause) continue;
    pauseBegan = Date.now();
    pause = Math.min(pause + firstPause * PAUSE_STEP, firstPause * LONGEST_PAUSE);
  }
}
