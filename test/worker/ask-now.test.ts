/** Asking CI about a job by hand: `POST /jobs/{jobId}/reconcile`. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newJobId } from "./bodies.ts";
import { asking, ciJob, LOCAL_QUEUE, newCi, sweeping } from "./ci.ts";
import { type Changes, send } from "./receiver.ts";
import { bearer, put } from "./announced.ts";

beforeEach(async () => {
  await env.DB.batch(["expectations", "verdicts", "sweeps"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

afterEach(() => void vi.useRealTimers());

describe("POST /jobs/{jobId}/reconcile", () => {
  const reconcile = (jobId: string, changes: Changes) =>
    send(`/jobs/${jobId}/reconcile`, { method: "POST", headers: bearer }, changes);
  const { bucket, region } = LOCAL_QUEUE;

  test("takes what CI says in, and answers with the job", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await ci.know(ciJob({ jobId, state: "Failed" }));
    await put(jobId, { within: 60, bucket, region });
    const response = await reconcile(jobId, asking(ci));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { jobId, state: "Failed", source: "reconcile", verified: true, expectation: { overdue: false } },
    ]);
  });

  test("answers with the job as it was where CI does not know it, and 404 where nobody does", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await put(jobId, { within: 60, bucket, region });
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
    await put(jobId, { within: 60, bucket, region });
    await ci.misbehave({ how: "slow-down", retryAfter: 77, times: 1 });
    const slow = await reconcile(jobId, asking(ci));
    expect([slow.status, slow.headers.get("retry-after"), await slow.json()]).toMatchObject([
      503,
      "77",
      { type: "/problems/ci-unavailable", detail: "CI says that it is asked too often." },
    ]);
    const nowhere = newJobId();
    await put(nowhere, { within: 60 });
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
      await put(jobId, { within: 60, ...announced });
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
