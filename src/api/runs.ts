/** `GET /runs/{runId}`: a workflow run and the jobs that belong to it. */
import { Hono } from "hono";
import type { Run as RunAnswer } from "../wire.ts";
import { runOf } from "../job.ts";
import { problemResponse } from "../problems.ts";
import type { KeptJob, Position, Store } from "../store/store.ts";
import { type AppEnv, NO_STORE, requireToken } from "./context.ts";
import { describe } from "./contract.ts";
import { PAGE_LIMIT_MAX, Run } from "./schemas.ts";

export const runs = new Hono<AppEnv>();
runs.use(requireToken);

runs.get(
  "/:runId",
  describe({
    operationId: "getRun",
    summary: "A workflow run and its jobs",
    description:
      "Until the run's own `WorkflowFinish` has come, it is what its jobs tell of it: no state and no tasks.",
    answers: { 200: { description: "The run.", schema: Run } },
    problems: ["run-not-found", "unauthorized", "too-many-requests", "store-unavailable", "misconfigured"],
    needsToken: true,
  }),
  async (c) => {
    const runId = c.req.param("runId");
    const run = await findRun(c.var.places.store, runId);
    if (run !== null) return c.json(run, 200, NO_STORE);
    return problemResponse(c, { code: "run-not-found", detail: `No callback has named workflow run ${runId}.` });
  },
);

/** The run, or null where neither a `WorkflowFinish` nor a job has named it. */
export async function findRun(store: Store, runId: string): Promise<RunAnswer | null> {
  const [kept, jobs] = await Promise.all([store.getRun(runId), jobsOfRun(store, runId)]);
  return kept === null && jobs.length === 0 ? null : runOf(runId, kept, jobs);
}

async function jobsOfRun(store: Store, runId: string): Promise<KeptJob[]> {
  const jobs: KeptJob[] = [];
  let after: Position | null = null;
  do {
    const page = await store.listJobs({ runId }, PAGE_LIMIT_MAX, after);
    jobs.push(...page.items);
    after = page.next;
  } while (after !== null);
  return jobs;
}
