/** Tells a local CI of every job, so that it can be asked about those whose callbacks are lost. */
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { planDeliveries, type PlanOptions } from "../callbacks/plan.ts";
import { type KnownJob, knownJobs } from "../ci/jobs.ts";
import { explain } from "./send.ts";

export interface Lost {
  /** Jobs that the local CI was told of. */
  known: number;
  /** Of them, those whose callbacks are not sent. */
  jobIds: string[];
}

/** Jobs told in one request. */
const JOBS_AT_ONCE = 100;

/** Seconds that the local CI may take to hear of them. */
const TIMEOUT_SECONDS = 30;

/** Fails with a sentence where the local CI cannot be told. */
export async function register(ci: URL, plan: PlanOptions): Promise<Result<Lost, string>> {
  const lost: Lost = { known: 0, jobIds: [] };
  let waiting: KnownJob[] = [];
  for (const { request, role, isLost } of planDeliveries(plan)) {
    if (request === null || role !== "final") continue;
    const jobs = knownJobs(request);
    lost.known += jobs.length;
    if (isLost) lost.jobIds.push(...jobs.map(({ jobId }) => jobId));
    waiting.push(...jobs);
    if (waiting.length < JOBS_AT_ONCE) continue;
    const fault = await tell(ci, waiting);
    if (fault !== null) return fail(fault);
    waiting = [];
  }
  const fault = waiting.length === 0 ? null : await tell(ci, waiting);
  return fault === null ? ok(lost) : fail(fault);
}

async function tell(ci: URL, jobs: readonly KnownJob[]): Promise<string | null> {
  try {
    const response = await fetch(new URL("/-/jobs", ci), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(jobs),
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
    await response.body?.cancel();
    return response.ok ? null : `There is no local CI at ${ci.origin}: it answered ${response.status}.`;
  } catch (error) {
    const { fault } = explain(error, TIMEOUT_SECONDS);
    return `The local CI at ${ci.origin} cannot be told of the jobs: ${fault}. npm run dev -- --with-ci starts one.`;
  }
}
