/** Callbacks of every kind, from the bytes posted to the job looked up, in workerd and on real bindings. */
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Callback, FORMATS, generateCallback, kindsOf, SHAPE_NAMES } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const USUAL = kindsOf(TAGS, FORMATS, ["usual"]);
const EVERY_SHAPE = kindsOf(["WordsGeneralize"], FORMATS, SHAPE_NAMES);

const generated = [...USUAL, ...EVERY_SHAPE].map((kind, index) => {
  const name = [kind.tag, kind.shape, kind.format].filter(Boolean).join(", ");
  return [name, generateCallback({ seed: "worker", index, kind, now: NOW })] as const;
});

test.each(generated)(
  "%s: what is looked up is what was sent",
  async (_, { body, headers, outcome, jobIds, expected }: Callback) => {
    const url = "https://receiver.example/callbacks/test-callback-key";
    const answer = await exports.default.fetch(url, { method: "POST", body, headers });
    expect(await answer.json()).toEqual({
      delivery: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: outcome,
      jobs: jobIds,
    });
    for (const job of expected) expect(await lookUp(job.jobId)).toEqual(job);
  },
);

async function lookUp(jobId: string) {
  const authorization = "Bearer test-lookup-token";
  const answer = await exports.default.fetch(`https://receiver.example/jobs/${jobId}`, { headers: { authorization } });
  const { tag, state, userData, workflow, detail } = await answer.json<Record<string, unknown>>();
  const runId = (workflow as { runId: string } | null)?.runId ?? null;
  return { jobId, tag, state, userData, runId, detail };
}
