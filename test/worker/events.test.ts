/** Events: which come about, what they say, and that each acknowledged end is told at least once. */
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, rowsOf, SECRET, telling } from "./endpoint.ts";
import { post, read } from "./receiver.ts";

describe("a job that has ended", () => {
  test("is told at once, signed, with what its look-up answers", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const seen = await hook.seen();
    expect(seen).toHaveLength(1);
    const [{ headers, body }] = seen as [(typeof seen)[number]];
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({
      type: "job.finished",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: await read(`/jobs/${jobId}`),
    });
    expect(await rowsOf(jobId)).toMatchObject([{ status: "delivered", attempts: 1, due_at: null, last_status: 200 }]);
  });
});
