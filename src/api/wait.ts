/**
 * `?wait=`: asks again and again, less often as time goes by, until the job is terminal or time is up. Where the store
 * tells what changed, all who wait in an isolate share what one of them has learnt, and ask only about what has news.
 */
import type { News } from "../store/store.ts";

/** How much longer each pause is than the one before, as a share of the first, and the longest, in first pauses. */
const PAUSE_STEP = 0.5;
const LONGEST_PAUSE = 4.5;

/** How often it is seen whether another has learnt something, in first pauses: that asks nothing. */
const GLANCE = 0.5;

interface Wait<T> {
  ask: () => Promise<T>;
  isDone: (answer: T) => boolean;
  /** How long to wait in all. */
  seconds: number;
  /** As the store tells: how soon a second question is worth it. */
  firstPauseSeconds: number;
  /** Of the client: nobody waits any more once it has gone. */
  signal: AbortSignal;
  /** From before the first question; without it each asks for itself. */
  news?: Watch | null;
}

/** Whether there may be news since the last call, as was known so many milliseconds ago or later. */
type Watch = (oldestMilliseconds: number) => Promise<boolean>;

/** Begins to watch a job, or all for null. Null where the store cannot tell, or not now. */
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
 * Resolves when it is done, the time is up, or the client has gone. With a first pause of 0.4 s one who waits alone asks
 * 37 questions in 60 seconds, on average 0.9 seconds apart from the callback. Many ask as often together as the one of
 * them who came last would alone.
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
    // Where the news cannot be had, the question says what is wrong.
    const isWorthAsking = news === null || (await news(pause).catch(() => true));
    if (isWorthAsking && isDone(await ask())) return;
    if (Date.now() - pauseBegan < pause) continue;
    pauseBegan = Date.now();
    pause = Math.min(pause + firstPause * PAUSE_STEP, firstPause * LONGEST_PAUSE);
  }
}
