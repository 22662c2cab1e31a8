/** Asking CI by hand, and what is said of jobs of which CI itself has told. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { DeliveryRecord, Job } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { asking, ciJob, LOCAL_QUEUE, newCi, sweeping } from "./ci.ts";
import { type Changes, get, post, read, send } from "./receiver.ts";
import { announce, bearer, forgetAsking, type JobList, storeWith, take } from "./expected.ts";

beforeEach(async () => {
  await forgetAsking();
});

afterEach(() => void vi.useRealTimers());

describe("what CI said", () => {
  test("is told by source and verified, of jobs and of deliveries, and is a filter", async () => {
    const [answered, disputed, plain] = [newJobId(), newJobId(), newJobId()];
    await take(segmentation(answered, { State: "Failed", Code: "InvalidText" }), "reconcile");
    await post(segmentation(answered));
    await take(segmentation(disputed), "callback", { VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" });
    await post(segmentation(plain));
    const before = await get(`/jobs/${disputed}`);
    const verdicts = storeWith().verdicts as Verdicts;
    const asks = await verdicts.claim([disputed], 1, Date.now());
    await verdicts.settle(
      asks.map(({ jobId, delivery, asks }) => ({ jobId, delivery, asks, verified: false, askAt: null })),
      Date.now(),
    );
    expect(await read<Job>(`/jobs/${answered}`)).toMatchObject({
      state: "Failed",
      source: "reconcile",
      verified: true,
    });
    const after = await get(`/jobs/${disputed}`, { "if-none-match": before.headers.get("etag") ?? "" });
    expect([after.status, await after.json()]).toMatchObject([200, { source: "callback", verified: false }]);
    expect(await read<Job>(`/jobs/${plain}`)).toMatchObject({ source: "callback", verified: null });
    const idsOf = async (query: string) =>
      (await read<JobList>(`/jobs?limit=100&${query}`)).jobs.map(({ jobId }) => jobId);
    expect(await idsOf("verified=false")).toEqual([disputed]);
    expect(await idsOf("verified=true")).toContain(answered);
    expect(await idsOf("verified=true")).not.toContain(plain);
    const { deliveries } = await read<{ deliveries: DeliveryRecord[] }>(`/jobs/${answered}/deliveries`);
    expect(deliveries.map(({ source }) => source).toSorted()).toEqual(["callback", "reconcile"]);
  });
});

describe("POST /jobs/{jobId}/reconcile", () => {
  const reconcile = (jobId: string, changes: Changes) =>
    send(`/jobs/${jobId}/reconcile`, { method: "POST", headers: bearer }, changes);
  const { bucket, region } = LOCAL_QUEUE;

  test("takes what CI says in, and answers with the job", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await ci.know(ciJob({ jobId, state: "Failed" }));
    await announce(jobId, { within: 60, bucket, region });
    const response = await reconcile(jobId, asking(ci));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { jobId, state: "Failed", source: "reconcile", verified: true, expectation: { overdue: false } },
    ]);
  });

  test("answers with the job as it was where CI does not know it, and 404 where nobody does", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await announce(jobId, { within: 60, bucket, region });
    const known = await reconcile(jobId, asking(ci));
    expect([known.status, await known.json()]).toMatchObject([200, { jobId, source: "expectation" }]);
    for (const settings of [asking(ci), sweeping(ci)]) {
      const unknown = await reconcile(newJobId(), settings);
      expect([unknown.status, await unknown.json()]).toMatchObject([404, { type: "/problems/job-not-found" }]);
    }
  });

  test("says that no keys are set, that CI does not tell, and when to ask again", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    const without = await reconcile(jobId, {});
    expect([without.status, await without.json()]).toMatchObject([501, { type: "/problems/ci-not-configured" }]);
    await announce(jobId, { within: 60, bucket, region });
    await ci.misbehave({ how: "slow-down", retryAfter: 77, times: 1 });
    const slow = await reconcile(jobId, asking(ci));
    expect([slow.status, slow.headers.get("retry-after"), await slow.json()]).toMatchObject([
      503,
      "77",
      { type: "/problems/ci-unavailable", detail: "CI says that it is asked too often." },
    ]);
    const nowhere = newJobId();
    await announce(nowhere, { within: 60 });
    const placeless = await reconcile(nowhere, asking(ci));
    expect([placeless.status, placeless.headers.get("retry-after"), await placeless.json()]).toMatchObject([
      503,
      null,
      { detail: "Neither the job nor CI_QUEUES says in which bucket and region it is." },
    ]);
  });

  test("does not say when to ask again where no request may be made for the job's bucket", async () => {
    const ci = await newCi();
    for (const [announced, detail] of [
      [
        { bucket: "evil.example/x-1", region },
        "The bucket is not a name and an APPID, such as examplebucket-1250000000.",
      ],
      [{ bucket: "other-1250000000", region }, "CI_QUEUES does not name the bucket in this region."],
    ] as const) {
      const jobId = newJobId();
      await announce(jobId, { within: 60, ...announced });
      const refused = await reconcile(jobId, sweeping(ci));
      expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toMatchObject([
        503,
        null,
        { type: "/problems/ci-unavailable", detail },
      ]);
    }
    expect(await ci.requests()).toEqual([]);
  });
});
