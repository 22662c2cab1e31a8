import { describe, expect, test } from "vitest";
import type { ChangesPage } from "../../src/client/client.ts";
import { failureOf, listed, receiverWith } from "./client-fixtures.ts";
import { drop, dropHalfway, html, json, problem, type Step } from "./scripted-receiver.ts";

const page = (next: string, ...ids: string[]): Step => json({ changes: ids.map(listed), next });

/** The first pages, as their cursors and the ids of their jobs. */
async function take(pages: AsyncIterable<ChangesPage>, count: number): Promise<[string, string[]][]> {
  const taken: [string, string[]][] = [];
  for await (const { jobs, cursor } of pages) {
    taken.push([cursor, jobs.map(({ jobId }) => jobId)]);
    if (taken.length === count) break;
  }
  return taken;
}

describe("following changes", () => {
  test("begins now with a page at once, empty or not, then waits for each that has a job", async () => {
    await using receiver = await receiverWith(page("c0"), page("c0"), page("c/2", "j1", "j2"), page("c3", "j3"));
    expect(await take(receiver.client.changes(), 3)).toEqual([
      ["c0", []],
      ["c/2", ["j1", "j2"]],
      ["c3", ["j3"]],
    ]);
    expect(receiver.asked).toEqual([
      "/changes?limit=100&wait=0",
      "/changes?after=c0&limit=100&wait=60",
      "/changes?after=c0&limit=100&wait=60",
      "/changes?after=c%2F2&limit=100&wait=60",
    ]);
  });

  test("begins after the cursor that is given, or at the start", async () => {
    await using receiver = await receiverWith(page("c1", "j1"));
    await take(receiver.client.changes({ after: "c0", limit: 5 }), 1);
    await take(receiver.client.changes({ after: "start" }), 1);
    await take(receiver.client.changes({ after: null }), 1);
    expect(receiver.asked).toEqual([
      "/changes?after=c0&limit=5&wait=0",
      "/changes?after=start&limit=100&wait=0",
      "/changes?limit=100&wait=0",
    ]);
  });

  test.each<[string, Step]>([
    ["a connection dropped before the answer", drop],
    ["a connection dropped within the answer", dropHalfway],
    ["a store that cannot be reached", problem(503, "store-unavailable")],
    ["too many requests", problem(429, "too-many-requests")],
    ["a proxy that answers for it", html(502)],
  ])("goes on from the same cursor after %s", async (_, step) => {
    await using receiver = await receiverWith(page("c1", "j1"), step, step, page("c2", "j2"), step, page("c3", "j3"));
    const failures: number[] = [];
    const onFailure = (error: unknown, pauseSeconds: number) => {
      expect(error).toBeInstanceOf(Error);
      failures.push(pauseSeconds);
    };
    expect(await take(receiver.client.changes({ after: "c0", onFailure }), 3)).toEqual([
      ["c1", ["j1"]],
      ["c2", ["j2"]],
      ["c3", ["j3"]],
    ]);
    expect(failures).toEqual([0.001, 0.001, 0.001]);
    expect(receiver.paused).toEqual([1, 2, 1]);
    expect(receiver.asked.slice(1, 4)).toEqual(Array(3).fill("/changes?after=c1&limit=100&wait=60"));
  });

  test("goes on through an outage before the first answer", async () => {
    await using receiver = await receiverWith(drop, page("c0"));
    expect(await take(receiver.client.changes(), 1)).toEqual([["c0", []]]);
    expect(receiver.asked).toEqual(Array(2).fill("/changes?limit=100&wait=0"));
  });

  test("pauses after answers that come at once and bring nothing, so that it does not spin", async () => {
    await using receiver = await receiverWith(page("c0"), page("c1"), page("c2"), page("c3", "j1"));
    expect(await take(receiver.client.changes(), 2)).toEqual([
      ["c0", []],
      ["c3", ["j1"]],
    ]);
    expect(receiver.paused).toEqual([1, 2]);
    expect(receiver.asked.at(-1)).toBe("/changes?after=c2&limit=100&wait=60");
  });

  test.each<[string, Step, object]>([
    ["a wrong token", problem(401, "unauthorized"), { code: "unauthorized" }],
    ["a cursor of another receiver", problem(400, "invalid-request"), { code: "invalid-request" }],
    ["a store without changes", problem(501, "not-supported-by-store"), { code: "not-supported-by-store" }],
    ["an answer that is not the receiver's", html(200), { code: null, status: 200 }],
  ])("ends at once after %s", async (_, step, error) => {
    await using receiver = await receiverWith(drop, step);
    expect(await failureOf(take(receiver.client.changes(), 1))).toMatchObject(error);
    expect(receiver.asked).toHaveLength(2);
  });

  test("ends with the signal's reason after a page", async () => {
    await using receiver = await receiverWith(page("c1", "j1"));
    const stop = new AbortController();
    const following = (async () => {
      for await (const { cursor } of receiver.client.changes({ signal: stop.signal }))
        stop.abort(`enough at ${cursor}`);
    })();
    expect(await failureOf(following)).toBe("enough at c1");
    expect(receiver.asked).toHaveLength(1);
  });
});
