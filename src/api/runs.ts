/** `GET /runs/{runId}`: a workflow run and the jobs that belong to it. */
import { findRun } from "../lookup.ts";
import { problemResponse } from "../problems.ts";
import { listedRun, runOf } from "../wire.ts";
import { idOf, NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { RunsQuery } from "./queries.ts";
import { PAGE_MEMBERS } from "./schema-parts.ts";
import { Run, RunList } from "./schemas.ts";

export const runs = new Routes();
runs.use(requireToken);

runs.get("/", query(RunsQuery), async (c) => {
  const { limit, cursor, state, workflowId } = c.req.valid("query");
  const { store } = c.var.places;
  const filter = { ...(state !== undefined && { state }), ...(workflowId !== undefined && { workflowId }) };
  const list = `${store.name}:runs:${JSON.stringify(filter)}`;
  const page = await store.listRuns(filter, limit, decodeCursor(list, cursor));
  return c.json({ runs: page.items.map(listedRun), next: encodeCursor(list, page.next) }, 200, NO_STORE);
});

runs.get("/:runId", async (c) => {
  const runId = idOf(c, "runId");
  const found = await findRun(c.var.places, runId);
  if (found !== null) return c.json(runOf(runId, found.run, found.jobs, Date.now()), 200, NO_STORE);
  return problemResponse(c, { code: "run-not-found", detail: `No callback has named workflow run ${runId}.` });
});

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /runs": {
    operationId: "listRuns",
    summary: "Workflow runs whose end was told, last received first",
    description: "With a filter, a page may be shorter than `limit` and have a `next`: continue with that.",
    answers: { 200: { description: "A page of runs, without their tasks and jobs.", schema: RunList } },
    problems: ["invalid-request", "unauthorized", "too-many-requests", "store-unavailable"],
    needsToken: true,
    query: RunsQuery,
    members: { state: "Such as `Success` or `Failed`.", ...PAGE_MEMBERS },
  },
  "GET /runs/{runId}": {
    operationId: "getRun",
    summary: "A workflow run and its jobs",
    description:
      "Until the run's own `WorkflowFinish` has come, only its jobs tell of it: it has no state and no tasks.",
    answers: { 200: { description: "The run.", schema: Run } },
    problems: ["run-not-found", "corrupt-bytes", "unauthorized", "too-many-requests", "store-unavailable"],
    needsToken: true,
  },
});
