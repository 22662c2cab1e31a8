/**
 * The state of a job, and which of two readings of one job stands.
 * Both are pure functions of what was sent, so the record does not depend on the order of arrival.
 */
import type { JobReading, RunReading } from "./types.ts";

/** States that a job does not leave. docs/callback-format.md; CI's `State` is otherwise an open string. */
const TERMINAL = new Set(["Success", "Failed", "Cancel"]);

export const isTerminal = (state: string | null): boolean => state !== null && TERMINAL.has(state);

/**
 * `State` where the callback has it. No published segmentation callback does. Without it, `Code` `Success` means
 * Success, any other `Code` means Failed, and without a `Code` the state is unknown (null).
 */
export function readState(
  state: string | null,
  code: string | null,
): Pick<JobReading, "state" | "stateSource" | "terminal"> {
  if (state !== null) return { state, stateSource: "reported", terminal: isTerminal(state) };
  if (code === null) return { state: null, stateSource: "derived", terminal: false };
  return { state: code === "Success" ? "Success" : "Failed", stateSource: "derived", terminal: true };
}

/** How far a job has come: 0 where unknown, 1 while it waits, 2 after that. */
const progress = (state: string | null): number => (state === null ? 0 : state === "Submitted" ? 1 : 2);

/** Milliseconds since 1970 in 15 digits, so that comparing the texts compares the times; zeros where there is none. */
const sortableTime = (iso: string | null): string =>
  String(Math.max(0, iso === null ? 0 : Date.parse(iso))).padStart(15, "0");

/** Digits of a delivery id in a rank: enough that no two deliveries of one job tie, and a quarter of the room of all. */
const RANKED_DIGITS = 16;

const cut = (deliveryId: string): string => deliveryId.slice(0, RANKED_DIGITS);

/** The rank as it is written now: an older version wrote the whole delivery id. Ranks of two deliveries compare alike in either form. */
export const shortRank = (rank: string): string => rank.replace(/ ([0-9a-f]{16})[0-9a-f]{48}/, " $1");

/**
 * Orders the readings of one job: the greater rank is the record. As text, so that a database can compare it.
 * A terminal state beats one that is not, and CI's own answer (`isAnswer`) with a terminal state every callback; then the
 * job's own callback beats a line in a `WorkflowFinish`; then the later `EndTime`; then the further state; then the
 * greater delivery id, so that no two tie.
 */
export function jobRank(
  job: Pick<JobReading, "terminal" | "full" | "endedAt" | "state">,
  deliveryId: string,
  isAnswer = false,
): string {
  const end = job.terminal ? (isAnswer ? 2 : 1) : 0;
  return `${end}${Number(job.full)} ${sortableTime(job.endedAt)} ${progress(job.state)} ${cut(deliveryId)}`;
}

/** Whether nothing that a callback may still bring would take the record: it is terminal, and the job's own. */
export const isFinalRank = (rank: string): boolean => /^[12]1/.test(rank);

/**
 * Orders what the readings of one job say of its workflow: any of them may say it, whichever is the record. One that
 * names a run beats one that does not; then the job's own callback beats a line in a `WorkflowFinish`; then the
 * greater delivery id. "" where there is no workflow.
 */
export function workflowRank({ workflow, full }: Pick<JobReading, "workflow" | "full">, deliveryId: string): string {
  if (workflow === null) return "";
  const namesRun = workflow.runId !== null && workflow.runId !== "";
  return `${Number(namesRun)}${Number(full)} ${cut(deliveryId)}`;
}

/** The same for the readings of one run: terminal, then the end of its last task, then the delivery id. */
export function runRank(run: Pick<RunReading, "terminal" | "tasks">, deliveryId: string): string {
  const ended = run.tasks
    .map((task) => sortableTime(task.endedAt))
    .reduce((a, b) => (a > b ? a : b), sortableTime(null));
  return `${Number(run.terminal)} ${ended} ${cut(deliveryId)}`;
}
