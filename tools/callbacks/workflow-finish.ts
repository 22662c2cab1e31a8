/** The `WorkflowFinish` that ends a run: the run, and a line for each job in it. */
import type { ExpectedJob, Job } from "./job.ts";
import { Random } from "./random.ts";
import { cosHeaders, type Run, stepName } from "./run.ts";
import { toBeijingTime } from "./time.ts";
import { toDetail, type Tree } from "./tree.ts";

/** The content of a `WorkflowFinish`, in the order in which the steps were started. */
export function workflowExecution(run: Run, jobs: readonly Job[]): Tree {
  return {
    WorkflowId: run.workflowId,
    WorkflowName: run.workflowName,
    RunId: run.runId,
    State: jobs.every((job) => job.state === "Success") ? "Success" : "Failed",
    BucketId: run.bucket,
    Object: run.object,
    CreateTime: toBeijingTime(run.createdAt, " "),
    CosHeaders: cosHeaders(new Random(run.runId)),
    Tasks: jobs.map(taskOf),
  };
}

function taskOf({ tag, createdAt, startedAt, endedAt, state, jobId }: Job): Tree {
  return {
    Type: tag,
    CreateTime: toBeijingTime(createdAt, " "),
    StartTime: toBeijingTime(startedAt, " "),
    EndTime: toBeijingTime(endedAt, " "),
    State: state,
    JobId: jobId,
    Name: stepName(tag, jobId),
    TemplateId: `t${jobId.slice(1)}`,
    TemplateName: `${tag.toLowerCase()}_1280*720`,
  };
}

/** What a look-up must answer for a job that only a line in the `WorkflowFinish` has named. */
export const expectedTask = (run: Run, job: Job): ExpectedJob => ({
  jobId: job.jobId,
  tag: job.tag,
  state: job.state,
  userData: null,
  runId: run.runId,
  detail: toDetail(taskOf(job)),
});
