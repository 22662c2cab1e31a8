/**
 * What a callback says, typed. Names in camelCase are ours; `detail` has the provider's
 * own node names, so that it can be compared with its documentation.
 */

/** A node of the provider's content: a leaf as sent, a node, or the same node several times. */
export type Content = string | number | ContentNode | Content[];
export interface ContentNode {
  [name: string]: Content;
}

export type Format = "xml" | "json";

/** The workflow that started a job. Source: node `Workflow` of its callback, or the `WorkflowFinish` that lists it. */
export interface Workflow {
  runId: string | null;
  workflowId: string | null;
  workflowName: string | null;
  /** The workflow's name for this step, such as `Snapshot_1581665960536`. */
  name: string | null;
}

/** What one delivery says about one job. Absent scalars are null. Times are ISO 8601 in UTC. */
export interface JobReading {
  jobId: string;
  /** `EventName` as sent: `TaskFinish`, `WorkflowFinish`, `ReviewImage`, … */
  event: string | null;
  tag: string | null;
  /** `State` as sent, or derived from `Code`; null if there is neither. */
  state: string | null;
  stateSource: "reported" | "derived";
  terminal: boolean;
  code: string | null;
  message: string | null;
  queueId: string | null;
  userData: string | null;
  bucket: string | null;
  region: string | null;
  object: string | null;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  workflow: Workflow | null;
  /** True if the job's own callback says this, false if it is a line in a `WorkflowFinish`. */
  full: boolean;
  detail: ContentNode;
}

/** One step of a workflow run. `jobId` is null for a step that started no job. */
export interface TaskReading {
  type: string | null;
  name: string | null;
  jobId: string | null;
  state: string | null;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  templateId: string | null;
  templateName: string | null;
  detail: ContentNode;
}

/** What a `WorkflowFinish` says of its run. */
export interface RunReading {
  runId: string;
  workflowId: string | null;
  workflowName: string | null;
  state: string | null;
  terminal: boolean;
  bucket: string | null;
  object: string | null;
  createdAt: string | null;
  tasks: TaskReading[];
}

/** All that one delivery says. A body without jobs and runs is readable, but cannot be looked up by an id. */
export interface Reading {
  /** Null for an empty body. */
  format: Format | null;
  event: string | null;
  jobs: JobReading[];
  runs: RunReading[];
}

/** Why a body could not be read. Line and column count from 1, in characters; null if they are not known. */
export interface ReadFailure {
  /** `malformed`: not well-formed, or past a limit. `unsupported`: neither XML nor JSON. */
  kind: "malformed" | "unsupported";
  reason: string;
  line: number | null;
  column: number | null;
}
