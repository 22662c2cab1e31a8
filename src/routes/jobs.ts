/** Look-ups of jobs. */
import { Hono } from "hono";
import { jobOf } from "../job.ts";
import { problemResponse } from "../problem.ts";
import { type AppEnv, requireToken } from "./context.ts";
import { rawResponse } from "./raw.ts";

export const jobs = new Hono<AppEnv>();
jobs.use(requireToken);

jobs.get("/:jobId", async (c) => {
  const jobId = c.req.param("jobId");
  const kept = await c.var.store.getJobWithBody(jobId);
  if (kept === null) return problemResponse(c, { code: "job-not-found", detail: `No callback has named job ${jobId}.` });
  return c.json(jobOf(kept));
});

jobs.get("/:jobId/raw", async (c) => {
  const jobId = c.req.param("jobId");
  const kept = await c.var.store.getJobWithBody(jobId);
  if (kept === null) return problemResponse(c, { code: "job-not-found", detail: `No callback has named job ${jobId}.` });
  return rawResponse(c, kept);
});
