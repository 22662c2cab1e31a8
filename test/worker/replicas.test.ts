/** Look-ups from read replicas: the nearest copy is asked first, and the primary where that lags. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { poll } from "../../src/api/wait.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { get, post } from "./receiver.ts";

/** D1 whose replica has not heard of anything newer than `lag`; counts what each copy is asked. */
function replicated(isKnownToReplica: () => boolean) {
  const asked = { replica: 0, primary: 0 };
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === "withSession") {
        return () => ({
          prepare: (sql: string) => {
            asked.replica += 1;
            // A replica that lags answers as one in which the job is not.
            return target.prepare(isKnownToReplica() ? sql : sql.replace("j.job_id = ?1", "j.job_id = ?1 AND false"));
          },
        });
      }
      if (name === "prepare") asked.primary += 1;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { DB, asked };
}

test("a job that has ended is answered by the nearest copy alone", async () => {
  const jobId = newJobId();
  await post(segmentation(jobId));
  const { DB, asked } = replicated(() => true);
  expect((await get(`/jobs/${jobId}`, {}, { DB })).status).toBe(200);
  expect(asked).toEqual({ replica: 1, primary: 0 });
});

test("a job that a replica does not know is looked for in the primary", async () => {
  const jobId = newJobId();
  await post(segmentation(jobId));
  const { DB, asked } = replicated(() => false);
  expect((await get(`/jobs/${jobId}`, {}, { DB })).status).toBe(200);
  expect(asked).toEqual({ replica: 1, primary: 1 });
});

test("a job that has not ended is looked for in the primary, where it may have", async () => {
  const jobId = newJobId();
  await post(segmentation(jobId, { State: "Running" }));
  const { DB, asked } = replicated(() => true);
  expect((await get(`/jobs/${jobId}`, {}, { DB })).status).toBe(200);
  expect(asked).toEqual({ replica: 1, primary: 1 });
});

test("waiting a minute for a job asks 37 times, and at most six times more around them", async () => {
  const { now } = Date;
  const wait = scheduler.wait.bind(scheduler);
  // A clock of its own: a minute passes in no time, pause by pause.
  let clock = now();
  let questions = 0;
  Date.now = () => clock;
  scheduler.wait = async (milliseconds) => {
    clock += milliseconds;
  };
  try {
    const ask = async () => (questions += 1);
    await poll({ ask, isDone: () => false, seconds: 60, firstPauseSeconds: 0.4, signal: new AbortController().signal });
  } finally {
    Date.now = now;
    scheduler.wait = wait;
  }
  expect(questions).toBe(37);
  const { DB, asked } = replicated(() => true);
  await get("/jobs/none", {}, { DB });
  // Of the job at either, and whether it is expected.
  expect(asked).toEqual({ replica: 1, primary: 2 });
});
