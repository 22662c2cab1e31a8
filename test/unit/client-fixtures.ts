/** Answers that a receiver may give the client, and a client of one that is told what to answer. */
import { expect } from "vitest";
import { createClient, type Job, type ListedJob } from "../../src/client/client.ts";
import { problem, startReceiver, type Step } from "./scripted-receiver.ts";

export const TOKEN = "test-lookup-token";

export const listed = (jobId: string): ListedJob => ({
  jobId,
  event: "TaskFinish",
  tag: "WordsGeneralize",
  state: "Success",
  stateSource: "derived",
  terminal: true,
  code: "Success",
  message: "Success",
  queueId: null,
  userData: null,
  bucket: "test-123456789",
  region: "ap-chongqing",
  object: "text.txt",
  createdAt: "2022-07-25T08:35:39Z",
  startedAt: null,
  endedAt: "2022-07-25T08:35:43Z",
  workflow: null,
  source: "callback",
  delivery: { id: "d".repeat(64), format: "xml", receivedAt: "2022-07-25T08:35:44.000Z", count: 1 },
  firstReceivedAt: "2022-07-25T08:35:44.000Z",
  updatedAt: "2022-07-25T08:35:44.000Z",
  expectation: null,
  verified: null,
});

export const done: Job = { ...listed("j1"), tag: "WordsGeneralize", detail: { JobId: "j1" } };
export const running: Job = { ...done, state: "Running", terminal: false };

export const notFound = problem(404, "job-not-found");

/** `paused` has the turns after which `waitForJob` paused. */
export async function receiverWith(...steps: readonly [Step, ...Step[]]) {
  const receiver = await startReceiver(...steps);
  const paused: number[] = [];
  const backoff = (turns: number) => {
    paused.push(turns);
    return 0.001;
  };
  const client = createClient({ baseUrl: receiver.baseUrl, token: TOKEN, backoff });
  return { ...receiver, client, paused };
}

/** What a promise rejects with. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
