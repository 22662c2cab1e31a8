/** `GET /runs/{runId}`: a workflow run and the jobs that belong to it. */
import { Hono } from "hono";
import { findRun } from "../lookup.ts";
import { problemResponse } from "../problems.ts";
import { runOf } from "../wire.ts";
import { type AppEnv, idOf, NO_STORE, requireToken } from "./context.ts";
import { describe } from "./contract.ts";
import { Run } from "./schemas.ts";

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
    problems: ["run-not-found", "corrupt-bytes", "unauthorized", "too-many-requests", "store-unavailable"],
    needsToken: true,
  }),
  async (c) => {
    const runId = idOf(c, "runId");
    const found = await findRun(c.var.places, runId);
    if (found !== null) return c.json(runOf(runId, found.run, found.jobs), 200, NO_STORE);
    return problemResponse(c, { code: "run-not-found", detail: `No callback has named workflow run ${runId}.` });
  },
);
