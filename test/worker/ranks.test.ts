/** Rows whose ranks an older version wrote, with the whole delivery id in them, beside those of this version. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { get, post, read, send, sha256, TOKEN } from "./receiver.ts";

/** Makes the row of a job what an older version would have written, read by a reader of that version. */
async function writeLongRanks(jobId: string, reader = "substr(rank, -3)"): Promise<void> {
  const long = (column: string, start: number) =>
    `${column} = substr(${column}, 1, ${start}) || delivery_id || ' ' || ${reader}`;
  await env.DB.prepare(`UPDATE jobs SET ${long("rank", 21)}, ${long("workflow_rank", 3)} WHERE job_id = ?`)
    .bind(jobId)
    .run();
}

const ranksOf = (jobId: string) =>
  env.DB.prepare("SELECT rank, workflow_rank FROM jobs WHERE job_id = ?")
    .bind(jobId)
    .first<{ rank: string; workflow_rank: string | null }>();

const Workflow = (jobId: string) => ({ RunId: `i${jobId}`, WorkflowName: "nightly" });

test("a rank has as much of the delivery id as tells two deliveries apart", async () => {
  const jobId = newJobId();
  const body = segmentation(jobId, { Workflow: Workflow(jobId) });
  await post(body);
  const start = (await sha256(body)).slice(0, 16);
  const { rank, workflow_rank } = (await ranksOf(jobId)) ?? {};
  expect(rank).toMatch(new RegExp(`^11 [0-9]{15} 2 ${start} [0-9]{3}$`));
  expect(workflow_rank).toMatch(new RegExp(`^11 ${start} [0-9]{3}$`));
});

describe("a job whose ranks an older version wrote", () => {
  test("does not change with the same bytes again", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { Workflow: Workflow(jobId) });
    await post(body);
    await writeLongRanks(jobId);
    const before = await ranksOf(jobId);
    const { next } = await read<{ next: string }>("/changes");
    await post(body);
    expect(await ranksOf(jobId)).toEqual(before);
    expect(before?.rank).toContain(await sha256(body));
    expect(await read(`/changes?after=${next}`)).toMatchObject({ changes: [] });
  });

  test.each([
    ["the lesser", 0],
    ["the greater", 1],
  ])("is of the greater of two deliveries that tie, where its own is %s", async (_, own) => {
    const jobId = newJobId();
    const bodies = ["a", "b"].map((word) => segmentation(jobId, { words: [word] }));
    const ids = await Promise.all(bodies.map(sha256));
    const ordered = bodies.toSorted((a, b) =>
      (ids[bodies.indexOf(a)] ?? "") < (ids[bodies.indexOf(b)] ?? "") ? -1 : 1,
    );
    await post(ordered[own] as string);
    await writeLongRanks(jobId);
    await post(ordered[1 - own] as string);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { id: ids.toSorted()[1] } });
  });

  test("is what a newer reader of the same bytes says, its workflow too", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { Workflow: Workflow(jobId) });
    await post(body);
    await writeLongRanks(jobId, "'001'");
    await env.DB.prepare("UPDATE jobs SET tag = 'Wrong', workflow_name = 'wrong' WHERE job_id = ?").bind(jobId).run();
    const headers = { authorization: `Bearer ${TOKEN}` };
    await send(`/deliveries/${await sha256(body)}/reparse`, { method: "POST", headers });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({
      tag: "WordsGeneralize",
      workflow: { workflowName: "nightly" },
    });
    expect((await get(`/jobs/${jobId}/raw`)).status).toBe(200);
  });
});
