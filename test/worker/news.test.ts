/** What changed, known once for all who wait in an isolate. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { poll, watch } from "../../src/api/wait.ts";
import { persistent } from "../../src/store/retry.ts";
import { d1Store } from "../../src/store/d1/d1.ts";
import { type Change, type NewsSource, sharedNews } from "../../src/store/d1/news.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { freshDb, post } from "./receiver.ts";

/** A database of changes, with how often it was asked, a clock, and news as each request is given them. */
function scene(changes: Change[] = []) {
  const binding = {};
  const asked = { newest: 0, changes: 0 };
  const clock = { now: 1_000_000 };
  const source: NewsSource = {
    newest: async () => {
      asked.newest += 1;
      return Math.max(0, ...changes.map(({ change }) => change));
    },
    changesAfter: async (number, limit) => {
      asked.changes += 1;
      return changes.filter(({ change }) => change > number).slice(0, limit);
    },
  };
  const request = (changed: Partial<NewsSource> = {}) =>
    sharedNews(binding, { ...source, ...changed }, () => clock.now);
  return { changes, asked, clock, request };
}

const change = (number: number, job_id: string): Change => ({ change: number, job_id });

describe("of a thousand that wait for jobs of their own", () => {
  test("one asks, and each is told of its own job alone", async () => {
    const { changes, asked, clock, request } = scene([change(7, "before")]);
    await request().start();
    const waiting = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const news = request();
        return { jobId: `job-${index}`, news, number: await news.start() };
      }),
    );
    const told = async () => {
      const found: string[] = [];
      for (const { jobId, news, number } of waiting) {
        if ((await news.after(number, jobId, 400)) !== null) found.push(jobId);
      }
      return found;
    };
    clock.now += 400;
    expect(await told()).toEqual([]);
    changes.push(change(8, "job-3"), change(8, "job-4"), change(9, "another"));
    clock.now += 399;
    expect(await told()).toEqual([]);
    clock.now += 1;
    expect(await told()).toEqual(["job-3", "job-4"]);
    expect(asked).toEqual({ newest: 1, changes: 2 });
  });
});

/** Runs work on a clock of its own: time passes as soon as everything waits for it. */
async function inVirtualTime<T>(work: (elapsed: () => number) => Promise<T>): Promise<T> {
  const { now } = Date;
  const wait = scheduler.wait.bind(scheduler);
  const start = now();
  let clock = start;
  let sleeping: { until: number; wake: () => void }[] = [];
  Date.now = () => clock;
  scheduler.wait = (milliseconds) =>
    new Promise((wake) => {
      sleeping.push({ until: clock + milliseconds, wake });
    });
  try {
    let isOver = false;
    const result = work(() => clock - start).finally(() => (isOver = true));
    for (;;) {
      for (let turns = 0; turns < 30; turns += 1) await Promise.resolve();
      if (isOver) return await result;
      clock = Math.min(...sleeping.map(({ until }) => until));
      const due = sleeping.filter(({ until }) => until <= clock);
      sleeping = sleeping.filter(({ until }) => until > clock);
      for (const { wake } of due) wake();
    }
  } finally {
    Date.now = now;
    scheduler.wait = wait;
  }
}

describe("of a thousand that come within half a minute and wait for a minute", () => {
  test("all are told as soon as one alone would be, and the database is asked a few times a second", async () => {
    const { changes, asked, clock, request } = scene();
    const delays: number[] = [];
    let looks = 0;
    await inVirtualTime(async (elapsed) => {
      const start = clock.now;
      const tick = () => (clock.now = start + elapsed());
      const signal = new AbortController().signal;
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, index) => {
          await scheduler.wait(index * 30);
          tick();
          const news = await watch(request(), `job-${index}`);
          const endedAt = elapsed() + 31_000 + (index % 97) * 100;
          void scheduler.wait(31_000 + (index % 97) * 100).then(() => changes.push(change(endedAt, `job-${index}`)));
          const ask = async () => {
            looks += 1;
            return changes.some(({ job_id }) => job_id === `job-${index}`);
          };
          const ticking = async (oldest: number) => {
            tick();
            return news === null || news(oldest);
          };
          await poll({ ask, isDone: Boolean, seconds: 60, firstPauseSeconds: 0.4, signal, news: ticking });
          delays.push(elapsed() - endedAt);
        }),
      );
    });
    expect(delays.length).toBe(1_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2_000);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeLessThan(1_000);
    expect(looks).toBe(1_000);
    expect(asked.changes).toBeLessThan(75 * 3);
  });
});

describe("one who waits", () => {
  test("for any job is told once of each change", async () => {
    const { changes, clock, request } = scene();
    const news = request();
    const number = await news.start();
    changes.push(change(5, "a"));
    clock.now += 400;
    expect(await news.after(number, null, 400)).toBe(5);
    expect(await news.after(5, null, 400)).toBeNull();
  });

  test("is not told of what changed before", async () => {
    const { request } = scene([change(5, "a")]);
    const news = request();
    const number = await news.start();
    expect(await news.after(number, "a", 0)).toBeNull();
    expect(await news.after(number, null, 0)).toBeNull();
  });

  test("looks for itself where more has changed than is asked for at once, and then waits on", async () => {
    const { changes, clock, request } = scene();
    const news = request();
    const number = await news.start();
    for (let at = 1; at <= 600; at += 1) changes.push(change(at, `job-${at}`));
    clock.now += 400;
    expect(await news.after(number, "none of them", 400)).toBe(600);
    expect(await news.after(600, "none of them", 400)).toBeNull();
    changes.push(change(601, "none of them"));
    clock.now += 400;
    expect(await news.after(600, "none of them", 400)).toBe(601);
  });

  test("does not go through what happened while nobody waited", async () => {
    const { changes, asked, clock, request } = scene();
    await request().start();
    for (let at = 1; at <= 400; at += 1) changes.push(change(at, `job-${at}`));
    clock.now += 60_000;
    expect(await request().start()).toBe(400);
    expect(asked).toEqual({ newest: 2, changes: 0 });
  });

  test("is held up by no question of another that never ends or fails", async () => {
    const { changes, clock, request } = scene();
    const news = request();
    const number = await news.start();
    changes.push(change(1, "a"));
    clock.now += 400;
    void request({ changesAfter: () => new Promise(() => {}) }).after(number, "a", 400);
    clock.now += 400;
    const failing = request({ changesAfter: () => Promise.reject(new Error("D1 is away")) });
    await expect(failing.after(number, "a", 400)).rejects.toThrow("D1 is away");
    clock.now += 400;
    expect(await news.after(number, "a", 400)).toBe(1);
  });
});

describe("the news of D1", () => {
  test("are of every callback that changes a job, whoever brought it", async () => {
    const store = d1Store(freshDb(), persistent(5_000));
    const [first, second] = [newJobId(), newJobId()];
    await post(segmentation(first, { State: "Running", EndTime: "-" }));
    const number = (await store.news?.start()) ?? 0;
    await post(segmentation(first));
    await post(segmentation(first));
    await post(segmentation(second));
    const after = async (jobId: string | null) => store.news?.after(number, jobId, 0);
    expect(await after(first)).toBeGreaterThan(number);
    expect(await after(second)).toBeGreaterThan(number);
    expect(await after("none")).toBeNull();
    expect(await store.news?.after((await after(null)) ?? 0, null, 0)).toBeNull();
    expect(await env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE changed IS NOT NULL").first("n")).toBe(1);
  });
});
