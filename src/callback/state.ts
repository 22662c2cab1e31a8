/**
 * The state of a job, and which of two readings of one job is its record. These are pure functions of what was sent, so
 * the record does not depend on the order of arrival.
 */
import type { JobReading, RunReading } from "./types.ts";

/** The states in which a job has ended. Any other text may come as a `State`, too: docs/callback-format.md. */
const TERMINAL = new Set(["Success", "Failed", "Cancel"]);

export const isTerminal = (state: string | null): boolean => state !== null && TERMINAL.has(state);

/**
 * The `State` of the callback. No published segmentation callback has one. Without it, `Code` `Success` means Success,
 * and any other `Code` means Failed. Without a `Code` the state is unknown (null).
 */
export function readState(
  state: string | null,
  code: string | null,
): Pick<JobReading, "state" | "stateSource" | "terminal"> {
  if (state !== null) return { state, stateSource: "reported", terminal: isTerminal(state) };
  if (code === null) return { state: null, stateSource: "derived", terminal: false };
  return { state: code === "Success" ? "Success" : "Failed", stateSource: "derived", terminal: true };
}

/** How far a job has come: 0 if unknown, 1 while it waits, 2 after that. */
const progress = (state: string | null): number => (state === null ? 0 : state === "Submitted" ? 1 : 2);

/** Milliseconds since 1970 in 15 digits, so that the texts sort like the times; zeros if there is no time. */
const sortableTime = (iso: string | null): string =>
  String(Math.max(0, iso === null ? 0 : Date.parse(iso))).padStart(15, "0");

/**
 * How many digits of a delivery id are in a rank: enough that two deliveries of one job do not tie, and a quarter of
 * the whole id.
 */
const RANKED_DIGITS = 16;

const cut = (deliveryId: string): string => deliveryId.slice(0, RANKED_DIGITS);

/** The rank as it is written now. An older version wrote the whole delivery id. Two ranks sort alike in either form. */
export const shortRank = (rank: string): string => rank.replace(/ ([0-9a-f]{16})[0-9a-f]{48}/, " $1");

/**
 * Orders the readings of one job: the record is the one with the greatest rank. A rank is a text, so that a database
 * can compare it. In this order: CI's own answer (`isAnswer`) with a terminal state beats every callback; a terminal
 * state beats one that is not; the job's own callback beats a line in a `WorkflowFinish`; the later `EndTime` wins; the
 * further state wins; the greater delivery id wins, so that there are no ties.
 */
export function jobRank(
  job: Pick<JobReading, "terminal" | "full" | "endedAt" | "state">,
  deliveryId: string,
  isAnswer = false,
): string {
  const end = job.terminal ? (isAnswer ? 2 : 1) : 0;
  return `${end}${Number(job.full)} ${sortableTime(job.endedAt)} ${progress(job.state)} ${cut(deliveryId)}`;
}

/**
 * Whether the rank is of a terminal state, told by the job's own callback or by CI's answer. A look-up then asks no
 * other place for a later state.
 */
export const isFinalRank = (rank: string): boolean => /^[12]1/.test(rank);

/**
 * Orders what the readings of one job say of its workflow, which need not come from the record. One that names a run
 * beats one that does not; then the job's own callback beats a line in a `WorkflowFinish`; then the greater delivery id
 * wins. "" without a workflow.
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
