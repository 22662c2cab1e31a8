import { describe, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { listed, receiverWith } from "./client-fixtures.ts";
import { json } from "./scripted-receiver.ts";

describe("lists", () => {
  test.each<[string, string, string, (client: Client) => AsyncIterable<unknown>]>([
    ["runs", "runs", "/runs?state=Failed&limit=100", (client) => client.listRuns({ state: "Failed" })],
    [
      "deliveries",
      "deliveries",
      "/deliveries?status=quarantined&limit=100",
      (client) => client.listDeliveries({ status: "quarantined" }),
    ],
    [
      "the deliveries of a job",
      "deliveries",
      "/jobs/%252E/deliveries?limit=100",
      (client) => client.listJobDeliveries("."),
    ],
    [
      "events",
      "events",
      "/events?jobId=j1&type=job.finished&limit=100",
      (client) => client.listEvents({ jobId: "j1", type: "job.finished" }),
    ],
  ])("of %s go through all pages", async (_, name, path, list) => {
    await using receiver = await receiverWith(
      json({ [name]: [1, 2], next: "c1" }),
      json({ [name]: [], next: "c2" }),
      json({ [name]: [3], next: null }),
    );
    expect(await Array.fromAsync(list(receiver.client))).toEqual([1, 2, 3]);
    expect(receiver.asked).toEqual([path, `${path}&cursor=c1`, `${path}&cursor=c2`]);
  });

  const pages = [
    json({ jobs: [listed("j3"), listed("j2")], next: "c/1=" }),
    json({ jobs: [], next: "c2" }),
    json({ jobs: [listed("j1")], next: null }),
  ] as const;

  test("go through all pages, an empty one among them", async () => {
    await using receiver = await receiverWith(...pages);
    const jobs = await Array.fromAsync(receiver.client.listJobs({ tag: "WordsGeneralize" }));
    expect(jobs.map((job) => job.jobId)).toEqual(["j3", "j2", "j1"]);
    expect(receiver.asked).toEqual([
      "/jobs?tag=WordsGeneralize&limit=100",
      "/jobs?tag=WordsGeneralize&limit=100&cursor=c%2F1%3D",
      "/jobs?tag=WordsGeneralize&limit=100&cursor=c2",
    ]);
  });

  test("ask for no page that nobody reads", async () => {
    await using receiver = await receiverWith(...pages);
    for await (const job of receiver.client.listJobs()) {
      expect(job.jobId).toBe("j3");
      break;
    }
    expect(receiver.asked).toEqual(["/jobs?limit=100"]);
  });

  test("give one page with its cursor", async () => {
    await using receiver = await receiverWith(...pages);
    const page = await receiver.client.listJobsPage({ state: "Failed" }, { limit: 2, cursor: "c0" });
    expect(page).toEqual({ jobs: [listed("j3"), listed("j2")], next: "c/1=" });
    expect(receiver.asked).toEqual(["/jobs?state=Failed&limit=2&cursor=c0"]);
  });

  test("take every filter, and dates as dates or text", async () => {
    await using receiver = await receiverWith(pages[2]);
    await receiver.client.listJobsPage({
      state: "Failed",
      tag: "Tts",
      bucket: "b-1",
      object: "今/天.txt",
      queueId: "q",
      runId: "r",
      userData: "order 7&8",
      receivedAfter: new Date("2022-07-25T08:35:39Z"),
      receivedBefore: "2022-07-26T00:00:00+08:00",
    });
    expect(receiver.asked).toEqual([
      "/jobs?state=Failed&tag=Tts&bucket=b-1&object=%E4%BB%8A%2F%E5%A4%A9.txt&queueId=q&runId=r&userData=order+7%268" +
        "&receivedAfter=2022-07-25T08%3A35%3A39.000Z&receivedBefore=2022-07-26T00%3A00%3A00%2B08%3A00",
    ]);
  });
});
