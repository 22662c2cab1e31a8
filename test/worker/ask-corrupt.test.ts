/** Asking CI by hand about a job whose kept bytes are corrupt: CI's answer takes their place. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../../src/wire.ts";
import { asking, callbackOf, type Ci, ciJob, newCi } from "./ci.ts";
import { empty } from "./empty.ts";
import { type Changes, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

let ci: Ci;
let changes: Changes;
beforeEach(async () => {
  await empty();
  ci = await newCi();
  changes = asking(ci);
});

const askNow = (jobId: string) =>
  send(`/jobs/${jobId}/reconcile`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } }, changes);

async function corrupt(body: string): Promise<void> {
  const id = await sha256(body);
  if (changes["STORE"] !== "kv") {
    await env.DB.prepare("UPDATE deliveries SET encoding = 'utf-8', body = 'other' WHERE id = ?1").bind(id).run();
    return;
  }
  const value = await env.KV.get(`delivery:${id}`);
  await env.KV.put(`delivery:${id}`, `${value?.split("\n", 1)[0]}\nother`);
}

describe.each(["d1", "kv"])("with STORE=%s, about a job whose bytes are corrupt", (STORE) => {
  test("the answer is taken in, and the job can be looked up again", async () => {
    const known = ciJob({ state: "Failed" });
    const callback = callbackOf(known, { State: "Success" });
    changes = { ...changes, STORE };
    await post(callback, changes);
    await corrupt(callback);
    expect((await get(`/jobs/${known.jobId}`, {}, changes)).status).toBe(500);
    await ci.know(known);
    const answer = await askNow(known.jobId);
    expect([answer.status, await answer.json()]).toMatchObject([200, { state: "Failed", source: "reconcile" }]);
    expect(await read<Job>(`/jobs/${known.jobId}`, changes)).toMatchObject({ state: "Failed", source: "reconcile" });
  });

  test("nothing is taken in while it still runs at CI, and the answer names the corrupt delivery", async () => {
    const known = ciJob({ state: "Running" });
    changes = { ...changes, STORE };
    const callback = callbackOf(known);
    await post(callback, changes);
    await corrupt(callback);
    await ci.know(known);
    const answer = await askNow(known.jobId);
    expect([answer.status, await answer.json()]).toMatchObject([
      500,
      { type: "/problems/corrupt-bytes", delivery: await sha256(callback) },
    ]);
    expect(await ci.requests(known.jobId)).not.toEqual([]);
  });
});
