/** How a workflow run went: its tasks, how long they took, and the files that they made. */
import type { RunReading, TaskReading } from "../callback/types.ts";
import { greatestOf, nodesAt, textAt } from "./nodes.ts";
import { type OutputFile, readTaskFiles } from "./output-files.ts";

/** A file that a task could not process. */
export interface FailedFile {
  object: string | null;
  code: string | null;
  message: string | null;
}

export interface RunTask {
  /** The workflow's name for it, such as `Snapshot_1581665960536`. */
  name: string | null;
  type: string | null;
  /** Null for a task that started no job. */
  jobId: string | null;
  state: string | null;
  /** From its creation to its start, and from its start to its end; null if a time is missing. */
  waitSeconds: number | null;
  durationSeconds: number | null;
  code: string | null;
  message: string | null;
  files: OutputFile[];
  sprites: OutputFile[];
  failed: FailedFile[];
}

export interface RunResult {
  state: string | null;
  /** From the run's creation to the end of its last task; null while one goes on. */
  durationSeconds: number | null;
  /** In the order sent. */
  tasks: RunTask[];
}

/** What a reader of runs takes: a run as look-ups answer it. */
export type ReadableRun = Pick<RunReading, "state" | "createdAt" | "bucket"> & { tasks: readonly TaskReading[] };

/**
 * Reads the end of a workflow run. Null if only its jobs have told of it so far, so that its tasks are not known.
 * @example readRun(run)?.tasks.filter(({ state }) => state === "Failed")
 */
export function readRun({ state, createdAt, bucket, tasks }: ReadableRun): RunResult | null {
  if (tasks.length === 0) return null;
  const durations = tasks
    .map(({ endedAt }) => secondsBetween(createdAt, endedAt))
    .filter((seconds) => seconds !== null);
  return {
    state,
    durationSeconds: durations.length === tasks.length ? greatestOf(durations) : null,
    tasks: tasks.map((task) => readTask(task, bucket)),
  };
}

function readTask({ detail, ...task }: TaskReading, bucket: string | null): RunTask {
  const inBucket = (file: OutputFile): OutputFile => ({ ...file, bucket });
  return {
    name: task.name,
    type: task.type,
    jobId: task.jobId,
    state: task.state,
    waitSeconds: secondsBetween(task.createdAt, task.startedAt),
    durationSeconds: secondsBetween(task.startedAt, task.endedAt),
    code: textAt(detail, "Code"),
    message: textAt(detail, "Message"),
    files: readTaskFiles(detail, "ObjectInfo").map(inBucket),
    sprites: readTaskFiles(detail, "SpriteObjectInfo").map(inBucket),
    failed: nodesAt(detail, "ResultInfo", "ObjectInfo").flatMap(readFailure),
  };
}

function readFailure(file: object): FailedFile[] {
  const code = textAt(file, "Code");
  if (code === null || code === "Success") return [];
  return [{ object: textAt(file, "InputObjectName"), code, message: textAt(file, "Message") }];
}

const secondsBetween = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
