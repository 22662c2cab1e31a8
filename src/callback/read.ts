/**
 * Makes jobs and runs from the plain tree, for every envelope of CI's notifications. Nodes are looked up by their path,
 * never by their name alone: `State`, `Code`, `Tag` and `Input` occur again inside `Operation`.
 */
import { canonicalize } from "./detail.ts";
import { isTerminal, jobRank, readState, workflowRank } from "./state.ts";
import { parseTime } from "./time.ts";
import { filledLeafAt, leafAt, nodeAt, nodesAt } from "./tree.ts";
import type { ContentNode, JobReading, Reading, RunReading, TaskReading, Workflow } from "./types.ts";

/** The id in the test message that the consoles send when a callback URL is saved. It names no job. */
const CONSOLE_TEST_TRACE_ID = "test_trace_id";

/** Nodes of `Operation` that only one job type has. They tell the type if `Tag` is absent. */
const TELLING_NODES: Readonly<Record<string, string>> = {
  WordsGeneralize: "WordsGeneralize",
  WordsGeneralizeResult: "WordsGeneralize",
  SpeechRecognitionResult: "SpeechRecognition",
  VideoTagResult: "VideoTag",
  PicProcessResult: "PicProcess",
  DocProcessResult: "DocProcess",
  FileHashCodeResult: "FileHashCode",
  FileCompressResult: "FileCompress",
  FileUncompressResult: "FileUncompress",
};

/** Reads the tree of one body. A tree of an unknown shape gives no jobs and no runs. */
export function readTree(tree: ContentNode): Omit<Reading, "format"> {
  const envelope = nodeAt(tree, "Response") ?? tree;
  const execution = nodeAt(envelope, "WorkflowExecution");
  const moderation = nodeAt(envelope, "data");
  const event = filledLeafAt(envelope, "EventName") ?? filledLeafAt(moderation, "event");
  const details = nodesAt(envelope, "JobsDetail");
  const jobs = details.map((detail) => readJob(detail, event, nodeAt(envelope, "Workflow")));
  const runs: RunReading[] = [];
  if (execution !== null) {
    const run = readRun(execution);
    if (run !== null) runs.push(run);
    jobs.push(...nodesAt(execution, "Tasks").map((task) => readTaskJob(task, execution, event)));
  } else if (details.length === 0 && moderation !== null) jobs.push(readSimpleModeration(moderation, envelope, event));
  return { event, jobs: oneReadingPerJob(jobs), runs };
}

/**
 * One `JobsDetail`; null if it has no JobId. `shared` is the `Workflow` beside it, where one of the provider's pages
 * puts it.
 */
function readJob(detail: ContentNode, event: string | null, shared: ContentNode | null): JobReading | null {
  const jobId = readId(detail, "JobId");
  if (jobId === null) return null;
  const operation = nodeAt(detail, "Operation");
  const code = leafAt(detail, "Code");
  const inputs = [nodeAt(detail, "Input"), nodeAt(operation, "Input"), detail];
  const input = (name: string) => {
    for (const node of inputs) {
      const leaf = leafAt(node, name);
      if (leaf !== null) return leaf;
    }
    return null;
  };
  return {
    jobId,
    event,
    tag: filledLeafAt(detail, "Tag") ?? deriveTag(operation),
    ...readState(filledLeafAt(detail, "State"), code || null),
    code,
    message: leafAt(detail, "Message"),
    queueId: leafAt(detail, "QueueId"),
    userData: leafAt(operation, "UserData"),
    bucket: input("BucketId"),
    region: input("Region"),
    object: input("Object"),
    createdAt: parseTime(leafAt(detail, "CreationTime")),
    startedAt: parseTime(leafAt(detail, "StartTime")),
    endedAt: parseTime(leafAt(detail, "EndTime")),
    workflow: readWorkflow(nodeAt(detail, "Workflow") ?? shared),
    full: true,
    detail: canonicalize(detail),
  };
}

/**
 * An id is a key and a part of URLs. A blank id counts as absent. Half a surrogate pair, which neither can carry,
 * becomes U+FFFD.
 */
const readId = (node: ContentNode, name: string): string | null => {
  const id = leafAt(node, name);
  return id === null || id.trim() === "" ? null : id.toWellFormed();
};

function deriveTag(operation: ContentNode | null): string | null {
  for (const name in operation) {
    const tag = Object.hasOwn(TELLING_NODES, name) ? TELLING_NODES[name] : undefined;
    if (tag !== undefined) return tag;
  }
  return null;
}

/** What a `Workflow` and a `WorkflowExecution` have in common. */
const workflowOf = (node: ContentNode): Omit<Workflow, "name"> => ({
  runId: leafAt(node, "RunId"),
  workflowId: leafAt(node, "WorkflowId"),
  workflowName: leafAt(node, "WorkflowName"),
});

const saysSomething = (workflow: object): boolean => Object.values(workflow).some((leaf) => leaf !== null);

/** A `Workflow`; null if it is empty. */
function readWorkflow(node: ContentNode | null): Workflow | null {
  if (node === null) return null;
  const workflow = { ...workflowOf(node), name: leafAt(node, "Name") };
  return saysSomething(workflow) ? workflow : null;
}

/** The `WorkflowExecution` of a `WorkflowFinish`; null if it has no RunId. */
function readRun(execution: ContentNode): RunReading | null {
  const runId = readId(execution, "RunId");
  if (runId === null) return null;
  const state = filledLeafAt(execution, "State");
  return {
    runId,
    workflowId: leafAt(execution, "WorkflowId"),
    workflowName: leafAt(execution, "WorkflowName"),
    state,
    terminal: isTerminal(state),
    bucket: leafAt(execution, "BucketId"),
    object: leafAt(execution, "Object"),
    createdAt: parseTime(leafAt(execution, "CreateTime")),
    tasks: nodesAt(execution, "Tasks").map(readTask),
  };
}

function readTask(task: ContentNode): TaskReading {
  return {
    type: filledLeafAt(task, "Type"),
    name: leafAt(task, "Name"),
    jobId: readId(task, "JobId"),
    state: filledLeafAt(task, "State"),
    createdAt: parseTime(leafAt(task, "CreateTime")),
    startedAt: parseTime(leafAt(task, "StartTime")),
    endedAt: parseTime(leafAt(task, "EndTime")),
    templateId: leafAt(task, "TemplateId"),
    templateName: leafAt(task, "TemplateName"),
    detail: task,
  };
}

/** A task of a run, as the job that it started. It says less than the job's own callback, but it may come first. */
function readTaskJob(node: ContentNode, execution: ContentNode, event: string | null): JobReading | null {
  const task = readTask(node);
  if (task.jobId === null) return null;
  const code = leafAt(node, "Code");
  const workflow = workflowOf(execution);
  return {
    jobId: task.jobId,
    event,
    tag: task.type,
    ...readState(task.state, code || null),
    code,
    message: leafAt(node, "Message"),
    queueId: null,
    userData: null,
    bucket: leafAt(execution, "BucketId"),
    region: null,
    object: leafAt(execution, "Object"),
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    endedAt: task.endedAt,
    workflow: saysSomething(workflow) ? { ...workflow, name: task.name } : null,
    full: false,
    detail: node,
  };
}

/** Content moderation in its `Simple` form: `{code, message, data: {trace_id, …}}`, where code 0 is success. */
function readSimpleModeration(data: ContentNode, envelope: ContentNode, event: string | null): JobReading | null {
  const jobId = readId(data, "trace_id");
  if (jobId === null || jobId === CONSOLE_TEST_TRACE_ID) return null;
  const code = leafAt(envelope, "code");
  return {
    jobId,
    event,
    tag: null,
    ...readState(null, code === "0" ? "Success" : code || null),
    code,
    message: leafAt(envelope, "message"),
    queueId: null,
    userData: null,
    bucket: null,
    region: null,
    object: null,
    createdAt: null,
    startedAt: null,
    endedAt: null,
    workflow: null,
    full: true,
    detail: data,
  };
}

/**
 * Merges what one body says of the same job. The reading with the greatest rank is kept, with the workflow of the
 * greatest workflow rank, which may come from another one. Of equals, the last is kept. Jobs stay in the order in which
 * they were first named.
 */
function oneReadingPerJob(jobs: readonly (JobReading | null)[]): JobReading[] {
  const byId = new Map<string, { standing: JobReading; telling: JobReading }>();
  for (const job of jobs) {
    if (job === null) continue;
    const earlier = byId.get(job.jobId);
    if (earlier === undefined) byId.set(job.jobId, { standing: job, telling: job });
    else {
      earlier.standing = greater(earlier.standing, job, jobRank);
      earlier.telling = greater(earlier.telling, job, workflowRank);
    }
  }
  return [...byId.values()].map(({ standing, telling }) =>
    standing === telling ? standing : { ...standing, workflow: telling.workflow },
  );
}

const greater = (
  earlier: JobReading,
  later: JobReading,
  rank: (job: JobReading, deliveryId: string) => string,
): JobReading => (rank(later, "") >= rank(earlier, "") ? later : earlier);
