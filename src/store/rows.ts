/** What is read from a delivery, as rows of the tables, and rows as what a store answers. Decides and writes nothing. */
import { READER_VERSION } from "../callback/callback.ts";
import { jobRank, runRank } from "../callback/state.ts";
import type { Format, JobReading, ReadFailure, Workflow } from "../callback/types.ts";
import type { Delivery, DeliveryStatus, Entry, JobSummary, RunSummary } from "./store.ts";

/** Longest value put into a column, in characters. Columns are an index: the body has every value whole. */
const INDEXED_VALUE_CHARACTERS = 8_192;

/** Columns that a job's record takes from the delivery behind it, in the order of the table. */
export const RECORD_COLUMNS = [
  "delivery_id",
  "rank",
  "event",
  "tag",
  "state",
  "state_source",
  "terminal",
  "code",
  "message",
  "queue_id",
  "user_data",
  "bucket",
  "region",
  "object",
  "created_at",
  "started_at",
  "ended_at",
] as const;

/** Columns that any delivery may add to a job, whichever is behind its record. */
export const WORKFLOW_COLUMNS = ["workflow_rank", "run_id", "workflow_id", "workflow_name", "workflow_step"] as const;

type Text = string | null;

export interface JobRow {
  job_id: string;
  received_at: number;
  delivery_id: string;
  rank: string;
  event: Text;
  tag: Text;
  state: Text;
  state_source: JobSummary["stateSource"];
  terminal: number;
  code: Text;
  message: Text;
  queue_id: Text;
  user_data: Text;
  bucket: Text;
  region: Text;
  object: Text;
  created_at: Text;
  started_at: Text;
  ended_at: Text;
  workflow_rank: Text;
  run_id: Text;
  workflow_id: Text;
  workflow_name: Text;
  workflow_step: Text;
}

/** The reader's version, so that it sorts as text. */
const READER = String(READER_VERSION).padStart(3, "0");

/** A workflow that says which run it is of tells more than one that does not, whoever sent it. */
const namesRun = ({ runId }: Workflow): boolean => runId !== null && runId !== "";

/** A value for a column: well-formed, and null where it is too long for an index. */
const cell = (value: Text): Text =>
  value === null || value.length > INDEXED_VALUE_CHARACTERS ? null : value.toWellFormed();

export function jobRows(entry: Entry): JobRow[] {
  if (entry.reading === null || !entry.reading.ok) return [];
  return entry.reading.value.jobs.map((job) => jobRow(job, entry));
}

function jobRow(job: JobReading, entry: Entry): JobRow {
  const { workflow } = job;
  return {
    job_id: job.jobId,
    received_at: entry.receivedAt,
    delivery_id: entry.id,
    // A newer reader's row of the same delivery differs, and so replaces the older one's.
    rank: `${jobRank(job, entry.id)} ${READER}`,
    event: cell(job.event),
    tag: cell(job.tag),
    state: cell(job.state),
    state_source: job.stateSource,
    terminal: Number(job.terminal),
    code: cell(job.code),
    message: cell(job.message),
    queue_id: cell(job.queueId),
    user_data: cell(job.userData),
    bucket: cell(job.bucket),
    region: cell(job.region),
    object: cell(job.object),
    created_at: job.createdAt,
    started_at: job.startedAt,
    ended_at: job.endedAt,
    workflow_rank: workflow === null ? null : `${Number(namesRun(workflow))}${Number(job.full)} ${entry.id} ${READER}`,
    run_id: cell(workflow?.runId ?? null),
    workflow_id: cell(workflow?.workflowId ?? null),
    workflow_name: cell(workflow?.workflowName ?? null),
    workflow_step: cell(workflow?.name ?? null),
  };
}

/** Columns that a run's record takes from the delivery behind it, in the order of the table. */
export const RUN_COLUMNS = [
  "delivery_id",
  "rank",
  "workflow_id",
  "workflow_name",
  "state",
  "terminal",
  "bucket",
  "object",
  "created_at",
] as const;

export interface RunRow {
  run_id: string;
  received_at: number;
  delivery_id: string;
  rank: string;
  workflow_id: Text;
  workflow_name: Text;
  state: Text;
  terminal: number;
  bucket: Text;
  object: Text;
  created_at: Text;
}

export function runRows(entry: Entry): RunRow[] {
  if (entry.reading === null || !entry.reading.ok) return [];
  return entry.reading.value.runs.map((run) => ({
    run_id: run.runId,
    received_at: entry.receivedAt,
    delivery_id: entry.id,
    rank: `${runRank(run, entry.id)} ${READER}`,
    workflow_id: cell(run.workflowId),
    workflow_name: cell(run.workflowName),
    state: cell(run.state),
    terminal: Number(run.terminal),
    bucket: cell(run.bucket),
    object: cell(run.object),
    created_at: run.createdAt,
  }));
}

/** What kind of delivery a reading makes of its bytes. */
function statusOf({ reading }: Entry): DeliveryStatus {
  if (reading === null) return "pending";
  if (!reading.ok) return "quarantined";
  return reading.value.jobs.length + reading.value.runs.length > 0 ? "stored" : "no-job";
}

export function summaryOf(row: JobRow): JobSummary {
  return {
    jobId: row.job_id,
    event: row.event,
    tag: row.tag,
    state: row.state,
    stateSource: row.state_source,
    terminal: row.terminal === 1,
    code: row.code,
    message: row.message,
    queueId: row.queue_id,
    userData: row.user_data,
    bucket: row.bucket,
    region: row.region,
    object: row.object,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    workflow: workflowOf(row),
  };
}

export const versionOf = ({ rank, workflow_rank }: JobRow): string => `${rank} ${workflow_rank ?? ""}`;

function workflowOf(row: JobRow): Workflow | null {
  if (row.workflow_rank === null) return null;
  return {
    runId: row.run_id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    name: row.workflow_step,
  };
}

export function runSummaryOf(row: RunRow): RunSummary {
  return {
    runId: row.run_id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    state: row.state,
    terminal: row.terminal === 1,
    bucket: row.bucket,
    object: row.object,
    createdAt: row.created_at,
  };
}

export interface DeliveryRow {
  id: string;
  status: DeliveryStatus;
  format: Format | null;
  content_type: string | null;
  size: number;
  received_at: number;
  count: number;
  reason_code: ReadFailure["code"] | null;
  reason: string | null;
  line: number | null;
  column_number: number | null;
  has_bytes: 0 | 1;
}

/** The row of a delivery that came for the first time. */
export function deliveryRow(entry: Entry): DeliveryRow {
  const { reading } = entry;
  const failure = reading === null || reading.ok ? null : reading.error;
  return {
    id: entry.id,
    status: statusOf(entry),
    format: reading?.ok === true ? reading.value.format : null,
    content_type: entry.contentType,
    size: entry.size,
    received_at: entry.receivedAt,
    count: 1,
    reason_code: failure?.code ?? null,
    reason: failure?.reason.toWellFormed() ?? null,
    line: failure?.line ?? null,
    column_number: failure?.column ?? null,
    has_bytes: 1,
  };
}

export function deliveryOf(row: DeliveryRow): Delivery {
  const failure =
    row.reason_code === null
      ? null
      : { code: row.reason_code, reason: row.reason ?? "", line: row.line, column: row.column_number };
  return {
    id: row.id,
    status: row.status,
    format: row.format,
    contentType: row.content_type,
    size: row.size,
    receivedAt: row.received_at,
    count: row.count,
    failure,
    hasBytes: row.has_bytes === 1,
  };
}
