/** What is read from a delivery, as rows of the tables, and rows as what a store answers. Decides and writes nothing. */
import { READER_VERSION } from "../callback/callback.ts";
import { jobRank, runRank, workflowRank } from "../callback/state.ts";
import type { Format, JobReading, Workflow } from "../callback/types.ts";
import type {
  Arrival,
  Delivery,
  DeliveryReading,
  DeliveryStatus,
  Failure,
  JobNote,
  JobSummary,
  RunSummary,
} from "./store.ts";

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
  /** When a delivery last named the job, to the hour: age for retention. Null in rows of an older version. */
  heard_at: number | null;
  /** Whether it comes from an export, and so keeps its times; and the numbers of the job's changes, where that says them. */
  restored: boolean;
  first_change: number | null;
  last_change: number | null;
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

/** Characters of the reader's version at the end of a rank. */
export const READER_DIGITS = 3;

/** The reader's version, so that it sorts as text. */
const READER = String(READER_VERSION).padStart(READER_DIGITS, "0");

/** A value for a column: well-formed, and null where it is too long for an index. */
const cell = (value: Text): Text =>
  value === null || value.length > INDEXED_VALUE_CHARACTERS ? null : value.toWellFormed();

export function jobRows(told: DeliveryReading): JobRow[] {
  if (!told.reading.ok) return [];
  const notes = new Map(told.notes?.map((note) => [note.jobId, note]));
  return told.reading.value.jobs.map((job) => jobRow(job, told, notes.get(job.jobId)));
}

function jobRow(job: JobReading, entry: DeliveryReading, note: JobNote | undefined): JobRow {
  const { workflow } = job;
  return {
    job_id: job.jobId,
    received_at: entry.receivedAt,
    heard_at: entry.lastReceivedAt,
    restored: entry.isRestored,
    first_change: note?.firstChange ?? null,
    last_change: note?.lastChange ?? null,
    delivery_id: entry.id,
    // A newer reader's row of the same delivery differs, and so replaces the older one's.
    rank: `${jobRank(job, entry.id, entry.source === "reconcile")} ${READER}`,
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
    workflow_rank: workflow === null ? null : `${workflowRank(job, entry.id)} ${READER}`,
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
  heard_at: number | null;
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

export function runRows(entry: DeliveryReading): RunRow[] {
  if (!entry.reading.ok) return [];
  return entry.reading.value.runs.map((run) => ({
    run_id: run.runId,
    received_at: entry.receivedAt,
    heard_at: entry.lastReceivedAt,
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

/** What a reading says of its delivery: columns that the next reading of the same bytes replaces. */
export interface ReadingRow {
  status: DeliveryStatus;
  format: Format | null;
  reason_code: Failure["kind"] | keyof typeof OLDER_KINDS | null;
  reason: string | null;
  line: number | null;
  column_number: number | null;
  /** Version of the reader; 0 where none has read it yet. */
  reader: number;
  /** How many jobs it names; null where it was not read, or could not be. */
  job_count: number | null;
  /** The JobIds as a JSON array; null where there are none, or they are too long for a row. */
  job_ids: string | null;
  run_id: string | null;
}

/** Longest list of JobIds kept with a delivery, in characters of JSON: some ten thousand. */
const JOB_IDS_CHARACTERS = 400_000;

export const UNREAD: ReadingRow = {
  status: "pending",
  format: null,
  reason_code: null,
  reason: null,
  line: null,
  column_number: null,
  reader: 0,
  job_count: null,
  job_ids: null,
  run_id: null,
};

export function readingRow(reading: DeliveryReading["reading"]): ReadingRow {
  if (!reading.ok) return { ...UNREAD, ...failureRow(reading.error), reader: READER_VERSION };
  const { format, jobs, runs } = reading.value;
  const ids = JSON.stringify(jobs.map(({ jobId }) => jobId));
  return {
    ...UNREAD,
    status: jobs.length + runs.length > 0 ? "stored" : "no-job",
    format,
    reader: READER_VERSION,
    job_count: jobs.length,
    job_ids: jobs.length === 0 || ids.length > JOB_IDS_CHARACTERS ? null : ids,
    run_id: runs[0]?.runId ?? null,
  };
}

/** The columns of a delivery that is quarantined. */
export function failureRow({ kind, reason, line, column }: Failure) {
  return {
    status: "quarantined",
    reason_code: kind,
    reason: reason.toWellFormed(),
    line,
    column_number: column,
  } as const;
}

export interface DeliveryRow extends Omit<ReadingRow, "reader" | "job_count" | "job_ids" | "run_id"> {
  id: string;
  content_type: string | null;
  size: number;
  received_at: number;
  /** Null in rows of an older version, and then `received_at`. */
  heard_at: number | null;
  count: number;
  has_bytes: 0 | 1;
  /** Absent in heads of KV that were written before; null for a callback. */
  source?: "reconcile" | null;
}

/** What is known of an arrival beside its bytes. */
export const arrivalRow = (arrival: Arrival) => ({
  id: arrival.id,
  content_type: arrival.contentType,
  size: arrival.size,
  received_at: arrival.receivedAt,
  heard_at: arrival.lastReceivedAt,
  count: arrival.count,
  receipts: arrival.nonce ?? "",
});

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    status: row.status,
    format: row.format,
    contentType: row.content_type,
    size: row.size,
    receivedAt: row.received_at,
    lastReceivedAt: row.heard_at ?? row.received_at,
    count: row.count,
    failure: failureOf(row),
    hasBytes: row.has_bytes === 1,
    source: row.source ?? "callback",
  };
}

/** The words of the first version. */
const OLDER_KINDS = {
  "malformed-body": "malformed",
  "unsupported-media-type": "unsupported",
  "internal-error": "reader-failed",
} as const;

function failureOf({ reason_code, reason, line, column_number }: DeliveryRow): Failure | null {
  if (reason_code === null) return null;
  const kind = reason_code in OLDER_KINDS ? OLDER_KINDS[reason_code as keyof typeof OLDER_KINDS] : reason_code;
  return { kind: kind as Failure["kind"], reason: reason ?? "", line, column: column_number };
}
