/**
 * The rows of the tables, and how a delivery and what it says become rows. Pure. The way back is from-rows.ts; what each
 * column means is in docs/storage.md.
 */
import { READER_VERSION } from "../callback/callback.ts";
import { jobRank, runRank, workflowRank } from "../callback/state.ts";
import type { Format, JobReading } from "../callback/types.ts";
import type { Arrival, DeliveryReading, DeliveryStatus, Failure, JobNote, JobSummary } from "./store.ts";

/** Longest value in a column, in characters. Columns are only an index: the body has every value in full. */
const INDEXED_VALUE_CHARACTERS = 8_192;

/** Columns of a job that come from the delivery behind its record, in the order of the table. */
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

/** Columns of a job that any delivery may give, not only the one behind its record. */
export const WORKFLOW_COLUMNS = ["workflow_rank", "run_id", "workflow_id", "workflow_name", "workflow_step"] as const;

type Text = string | null;

/** A row of `jobs`, as one delivery gives it. Times are in milliseconds since 1970, except CI's own, which are ISO 8601. */
export interface JobRow {
  job_id: string;
  received_at: number;
  /** When a delivery last named the job, up to an hour too early; retention counts from here. Null in rows of the first version. */
  heard_at: number | null;
  /** Whether it comes from an import, and so keeps its times; and the numbers of the job's changes, if the import has them. */
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

/** How many characters the reader's version has at the end of a rank. */
export const READER_DIGITS = 3;

/** The reader's version, padded so that it sorts as text. */
const READER = String(READER_VERSION).padStart(READER_DIGITS, "0");

/** A value for a column: well-formed Unicode, or null if it is too long. */
const cell = (value: Text): Text =>
  value === null || value.length > INDEXED_VALUE_CHARACTERS ? null : value.toWellFormed();

/** A row for each job that a delivery names; none if it could not be read. */
export function jobRows(told: DeliveryReading): JobRow[] {
  if (!told.reading.ok) return [];
  const notes = new Map(told.notes?.map((note) => [note.jobId, note]));
  return told.reading.value.jobs.map((job) => jobRow(job, told, notes.get(job.jobId)));
}

function jobRow(job: JobReading, told: DeliveryReading, note: JobNote | undefined): JobRow {
  const { workflow } = job;
  return {
    job_id: job.jobId,
    received_at: told.receivedAt,
    heard_at: told.lastReceivedAt,
    restored: told.isRestored,
    first_change: note?.firstChange ?? null,
    last_change: note?.lastChange ?? null,
    delivery_id: told.id,
    // The reader's version is in the rank, so a newer reader's row replaces an older one's of the same delivery.
    rank: `${jobRank(job, told.id, told.source === "reconcile")} ${READER}`,
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
    workflow_rank: workflow === null ? null : `${workflowRank(job, told.id)} ${READER}`,
    run_id: cell(workflow?.runId ?? null),
    workflow_id: cell(workflow?.workflowId ?? null),
    workflow_name: cell(workflow?.workflowName ?? null),
    workflow_step: cell(workflow?.name ?? null),
  };
}

/** Columns of a run that come from the delivery behind its record, in the order of the table. */
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

/** A row of `runs`, as one delivery gives it. */
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

/** A row for each run whose end a delivery tells; none if it could not be read. */
export function runRows(told: DeliveryReading): RunRow[] {
  if (!told.reading.ok) return [];
  return told.reading.value.runs.map((run) => ({
    run_id: run.runId,
    received_at: told.receivedAt,
    heard_at: told.lastReceivedAt,
    delivery_id: told.id,
    rank: `${runRank(run, told.id)} ${READER}`,
    workflow_id: cell(run.workflowId),
    workflow_name: cell(run.workflowName),
    state: cell(run.state),
    terminal: Number(run.terminal),
    bucket: cell(run.bucket),
    object: cell(run.object),
    created_at: run.createdAt,
  }));
}

/** Kinds of failures as the first version named them: its rows still have them. */
export const OLDER_KINDS = {
  "malformed-body": "malformed",
  "unsupported-media-type": "unsupported",
  "internal-error": "reader-failed",
} as const;

/** The columns of a delivery that a reading gives. A later reading of the same bytes replaces them. */
export interface ReadingRow {
  status: DeliveryStatus;
  format: Format | null;
  reason_code: Failure["kind"] | keyof typeof OLDER_KINDS | null;
  reason: string | null;
  line: number | null;
  column_number: number | null;
  /** Version of the reader; 0 if it has not been read yet. */
  reader: number;
  /** How many jobs it names; null if it was not read, or could not be. */
  job_count: number | null;
  /** The JobIds as a JSON array; null if there are none, or too many for a row. */
  job_ids: string | null;
  run_id: string | null;
}

/** Longest `job_ids`, in characters: some ten thousand JobIds. */
const JOB_IDS_CHARACTERS = 400_000;

/** A delivery that was kept and not read. */
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

/** The columns that a reading gives its delivery. */
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

/** The columns of a quarantined delivery. */
export function failureRow({ kind, reason, line, column }: Failure) {
  return {
    status: "quarantined",
    reason_code: kind,
    reason: reason.toWellFormed(),
    line,
    column_number: column,
  } as const;
}

/** A row of `deliveries`, without the body. */
export interface DeliveryRow extends Omit<ReadingRow, "reader" | "job_count" | "job_ids" | "run_id"> {
  id: string;
  content_type: string | null;
  size: number;
  received_at: number;
  /** Null in rows of the first version, which means `received_at`. */
  heard_at: number | null;
  count: number;
  has_bytes: 0 | 1;
  /** Null for a callback; absent in entries of KV that older versions wrote. */
  source?: "reconcile" | null;
}

/** The columns of a delivery that are known before it is read. */
export const arrivalRow = (arrival: Arrival) => ({
  id: arrival.id,
  content_type: arrival.contentType,
  size: arrival.size,
  received_at: arrival.receivedAt,
  heard_at: arrival.lastReceivedAt,
  count: arrival.count,
  receipts: arrival.nonce ?? "",
});
