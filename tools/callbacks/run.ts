/** Workflow runs, as their jobs tell of them. */
import { Random } from "./random.ts";
import type { Tree } from "./tree.ts";

export interface Run {
  runId: string;
  workflowId: string;
  workflowName: string;
  bucket: string;
  region: string;
  object: string;
  createdAt: number;
}

/** The run of that number: the same for the same seed. */
export function describeRun(seed: string, number: number | string, now: number): Run {
  const random = new Random(seed, "run", number);
  return {
    runId: `i${random.uuid()}`,
    workflowId: `w${random.uuid()}`,
    workflowName: random.pick(["workflow-3", "new uploads", "课程视频"]),
    bucket: "simulated-1250000000",
    region: "ap-chongqing",
    object: `upload/${random.hex(8)}.mp4`,
    createdAt: now - random.whole(4_000, 5_000) * 1000,
  };
}

export const workflowNode = ({ runId, workflowId, workflowName }: Run, name: string): Tree => ({
  RunId: runId,
  WorkflowId: workflowId,
  WorkflowName: workflowName,
  Name: name,
});

/** The workflow's name for a step: the job type and a number. */
export const stepName = (tag: string, jobId: string): string =>
  `${tag}_15816659${Number.parseInt(jobId.slice(1, 6), 16) % 100_000}`;

/** Headers of the upload that started the workflow. One of their keys is `EventName`, which is not the callback's. */
export const cosHeaders = (random: Random): Tree[] => [
  { Key: "Content-Type", Value: "video/mp4" },
  { Key: "x-cos-request-id", Value: btoa(random.hex(30)) },
  { Key: "EventName", Value: "cos:ObjectCreated:Put" },
  { Key: "Size", Value: String(random.whole(1000, 9_000_000)) },
];
