import { describe, expect, test } from "vitest";
import type { ListedJob } from "../../src/wire.ts";
import type { JobFilterName } from "../../src/store/lists.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { decoded, get, post, read } from "./receiver.ts";

describe("a list of jobs", () => {
  interface List {
    jobs: ListedJob[];
    next: string | null;
  }

  const walk = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: List = await read<List>(`/jobs?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
      found.push(...page.jobs.map((job) => job.jobId));
      cursor = page.next;
    }
    return found;
  };

  test("gives each job once, newest first, without its detail", async () => {
    const bucket = `b-${newJobId()}`;
    const jobIds: string[] = [];
    for (let at = 0; at < 7; at += 1) {
      const jobId = newJobId();
      jobIds.unshift(jobId);
      await post(segmentation(jobId, { Bucket: bucket }));
    }
    const { jobs, next } = await read<List>(`/jobs?bucket=${bucket}&limit=3`);
    expect(jobs.map((job) => job.jobId)).toEqual(jobIds.slice(0, 3));
    expect(jobs[0]).not.toHaveProperty("detail");
    expect(next).toEqual(expect.any(String));
    expect(await walk(`bucket=${bucket}&limit=3`)).toEqual(jobIds);
  });

  test("is stable: jobs that arrive or change meanwhile are met neither twice nor instead of others", async () => {
    const bucket = `b-${newJobId()}`;
    const jobIds = Array.from({ length: 25 }, newJobId);
    await Promise.all(jobIds.map((jobId) => post(segmentation(jobId, { Bucket: bucket, State: "Running" }))));
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: List = await read<List>(`/jobs?bucket=${bucket}&limit=4${cursor === "" ? "" : `&cursor=${cursor}`}`);
      found.push(...page.jobs.map((job) => job.jobId));
      cursor = page.next;
      await post(segmentation(newJobId(), { Bucket: bucket }));
      await post(segmentation(jobIds[found.length % 25] as string, { Bucket: bucket, State: "Success" }));
    }
    expect(found.toSorted()).toEqual(jobIds.toSorted());
  });

  test("takes every filter, alone and together", async () => {
    const mark = newJobId();
    const one = {
      Tag: `tag-${mark}`,
      Bucket: `b-${mark}`,
      Object: `o-${mark}`,
      QueueId: `q-${mark}`,
      UserData: `u-${mark}`,
      Workflow: { RunId: `r-${mark}` },
    };
    const jobId = newJobId();
    await post(segmentation(jobId, { ...one, State: "Failed" }));
    await post(segmentation(newJobId()));
    /** A value that the job has and one that it has not; the values of the first six are its alone. */
    const filters: Record<JobFilterName, readonly [has: string, hasNot: string]> = {
      tag: [one.Tag, "another"],
      bucket: [one.Bucket, "another"],
      object: [one.Object, "another"],
      queueId: [one.QueueId, "another"],
      userData: [one.UserData, "another"],
      runId: [one.Workflow.RunId, "another"],
      state: ["Failed", "Success"],
      receivedAfter: ["2020-01-01", "2999-01-01T00:00:00Z"],
      receivedBefore: ["2999-01-01T00:00:00Z", "2020-01-01T00:00:00+08:00"],
      verified: ["", "true"],
    };
    const { verified, ...known } = filters;
    const whole = Object.fromEntries(Object.entries(known).map(([name, [has]]) => [name, has]));
    const list = (query: Record<string, string>) => walk(String(new URLSearchParams(query)));
    expect(await list(whole)).toEqual([jobId]);
    for (const [name, [has, hasNot]] of Object.entries(known)) {
      if (has.includes(mark)) expect([name, await list({ [name]: has })]).toEqual([name, [jobId]]);
      expect([name, await list({ ...whole, [name]: hasNot })]).toEqual([name, []]);
    }
    expect(await list({ ...whole, verified: verified[1] })).toEqual([]);
  });

  test("names the next page in a Link header", async () => {
    const bucket = `b-${newJobId()}`;
    for (let at = 0; at < 2; at += 1) await post(segmentation(newJobId(), { Bucket: bucket }));
    const response = await get(`/jobs?bucket=${bucket}&limit=1`);
    const { next } = await response.json<List>();
    expect(response.headers.get("link")).toBe(`</jobs?bucket=${bucket}&limit=1&cursor=${next}>; rel="next"`);
    expect((await get(`/jobs?bucket=${bucket}&limit=1&cursor=${next}`)).headers.has("link")).toBe(false);
  });

  test("comes whole, a job a line, as application/x-ndjson", async () => {
    const bucket = `b-${newJobId()}`;
    const jobIds = Array.from({ length: 130 }, newJobId);
    await Promise.all(jobIds.map((jobId) => post(segmentation(jobId, { Bucket: bucket }))));
    const response = await get(`/jobs?bucket=${bucket}`, { accept: "application/x-ndjson" });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await decoded(response))
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as ListedJob).jobId);
    expect(lines.toSorted()).toEqual(jobIds.toSorted());
  });

  test.each([
    ["limit=0", "limit must be a whole number from 1 to 100."],
    ["limit=101", "limit must be a whole number from 1 to 100."],
    ["limit=ten", "limit must be a whole number from 1 to 100."],
    ["state=", "state must not be empty."],
    ["receivedAfter=yesterday", "receivedAfter must be a time in ISO 8601 with a zone, or a date."],
    ["receivedBefore=2026-01-01T00:00:00", "receivedBefore must be a time in ISO 8601 with a zone, or a date."],
    ["tags=x", "tags is not a parameter of this path."],
    ["cursor=abc", "cursor was not issued by this receiver."],
    ["cursor=W10", "cursor was not issued by this receiver."],
    [`cursor=${btoa('["d1:jobs:{}","x"]').replaceAll("=", "")}`, "cursor was not issued by this receiver."],
    ["limit=1&limit=2", "limit must be given once."],
  ])("refuses ?%s", async (query, detail) => {
    const response = await get(`/jobs?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "/problems/invalid-request", detail });
  });

  test("refuses the cursor of another list", async () => {
    const bucket = `b-${newJobId()}`;
    for (let at = 0; at < 2; at += 1) await post(segmentation(newJobId(), { Bucket: bucket }));
    const { next } = await read<List>(`/jobs?bucket=${bucket}&limit=1`);
    for (const other of ["/jobs?limit=1", "/jobs?bucket=other", "/deliveries?limit=1"]) {
      const response = await get(`${other}&cursor=${next}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        detail: "cursor belongs to another list: use it with the filters it came with.",
      });
    }
  });
});
