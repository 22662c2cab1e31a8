/** The columns that are read of each table, their rows, and rows as what a store answers. */
import { deliveryOf, runSummaryOf, summaryOf, versionOf } from "../from-rows.ts";
import { type DeliveryRow, type JobRow, RECORD_COLUMNS, RUN_COLUMNS, type RunRow, WORKFLOW_COLUMNS } from "../rows.ts";
import type { Expectation, KnownJob } from "../expectations.ts";
import {
  type Delivery,
  type JobDelivery,
  type KeptJob,
  LISTED_JOBS,
  type ListedDelivery,
  type ListedRun,
} from "../store.ts";
import { heardAt } from "./sql.ts";

const of = (table: string, columns: readonly string[]) => columns.map((column) => `${table}.${column}`).join(", ");

export const DELIVERY_COLUMNS = `d.id, d.status, d.format, d.content_type, d.size, d.received_at, ${heardAt("d")} AS heard_at, d.count, d.source,
  d.reason_code, d.reason, d.line, d.column_number, (d.body IS NOT NULL OR d.parts > 0) AS has_bytes`;
/** A BLOB in hexadecimal digits: by itself D1 gives it as a list of numbers. */
export const BODY_COLUMNS = "d.encoding, d.parts, iif(typeof(d.body) = 'blob', hex(d.body), d.body) AS body";
export const EXPECTATION_COLUMNS = "e.registered_at, e.due_at, e.known_to_ci, e.changed AS expectation_changed";
export const JOB_COLUMNS = `j.received_at AS first_received_at, j.place, j.changed, ${of("j", ["job_id", ...RECORD_COLUMNS, ...WORKFLOW_COLUMNS])},
  ${EXPECTATION_COLUMNS}, v.verified`;
export const RUN_COLUMN_LIST = `r.received_at AS first_received_at, ${of("r", ["run_id", ...RUN_COLUMNS])}`;

/** Outer: a row whose delivery is gone, which nothing here leaves behind, is shown for what it says. */
const ITS_DELIVERY = "LEFT JOIN deliveries AS d ON d.id = j.delivery_id";
const ITS_VERDICT = "LEFT JOIN verdicts AS v ON v.job_id = j.job_id AND v.delivery_id = j.delivery_id";

/** The delivery behind the record of a job `j`, and the verdict about both. */
export const WITH_DELIVERY = `${ITS_DELIVERY} ${ITS_VERDICT}`;

/** What else is shown of a job `j`. */
export const WITH_THE_REST = `LEFT JOIN expectations AS e ON e.job_id = j.job_id ${WITH_DELIVERY}`;
export const JOBS = `FROM jobs AS j ${WITH_THE_REST}`;

/** Of a job that something has told of, that is expected, or both. */
export const KNOWN_JOB = `${JOB_COLUMNS}, ${DELIVERY_COLUMNS},
  e.job_id AS expected_job_id, e.is_open, e.bucket AS expected_bucket, e.region AS expected_region,
  e.queue_id AS expected_queue_id, e.tag AS expected_tag, e.user_data AS expected_user_data`;
export const RUNS = "FROM runs AS r LEFT JOIN deliveries AS d ON d.id = r.delivery_id";

/** The first jobs of a delivery, and what the first of them is about, for lists of deliveries. */
export const LISTED_DELIVERY = `d.seq, ${DELIVERY_COLUMNS}, d.job_count, f.tag AS first_tag, f.event AS first_event, f.object AS first_object,
  (SELECT json_group_array(value) FROM (SELECT value FROM json_each(d.job_ids) LIMIT ${LISTED_JOBS})) AS first_job_ids`;
export const LISTED_DELIVERIES =
  "FROM deliveries AS d LEFT JOIN jobs AS f ON f.job_id = json_extract(d.job_ids, '$[0]')";

export interface JobNumbers {
  place: number;
  changed: number | null;
}

/** All null where the job was not announced. */
export type ExpectationRow =
  | { registered_at: number; due_at: number; known_to_ci: 0 | null; expectation_changed: number }
  | { registered_at: null; due_at: null; known_to_ci: null; expectation_changed: null };

/** What the tables beside the jobs say of one. */
export type Rest = ExpectationRow & { verified: 0 | 1 | null };

export type KeptJobRow = WithDelivery<JobRow> & Rest;

type Text = string | null;

/** Those of the job are null where nothing has told of it, those of its expectation where it was not announced. */
export type KnownJobRow = { [Column in keyof KeptJobRow]: KeptJobRow[Column] | null } & {
  expected_job_id: Text;
  is_open: 0 | 1 | null;
  expected_bucket: Text;
  expected_region: Text;
  expected_queue_id: Text;
  expected_tag: Text;
  expected_user_data: Text;
};

/** Null for a job whose expectation is all that is left of it, since it was met and the job is no longer kept. */
export function knownJob(row: KnownJobRow): KnownJob | null {
  if (row.job_id !== null) return keptJob(row as KeptJobRow);
  const expectation = expectationOf(row as unknown as ExpectationRow);
  if (expectation === null || row.expected_job_id === null || row.is_open === 0) return null;
  return {
    jobId: row.expected_job_id,
    bucket: row.expected_bucket,
    region: row.expected_region,
    queueId: row.expected_queue_id,
    tag: row.expected_tag,
    userData: row.expected_user_data,
    expectation,
  };
}

export type ListedDeliveryRow = DeliveryRow & {
  seq: number;
  job_count: number | null;
  first_job_ids: string;
  first_tag: string | null;
  first_event: string | null;
  first_object: string | null;
};

export type JobDeliveryRow = ListedDeliveryRow & Pick<Rest, "verified">;

export type BodyRow = DeliveryRow & { encoding: string; parts: number; body: string | null };

/** The columns of a delivery are null where it is gone. */
export type WithDelivery<Row> = Row &
  JobNumbers & { [Column in keyof DeliveryRow]: DeliveryRow[Column] | null } & {
    delivery_id: string;
    first_received_at: number;
  };

export function keptJob(row: KeptJobRow): KeptJob {
  const delivery = deliveryBehind(row);
  const verified = delivery.source === "reconcile" ? true : verdictOf(row.verified);
  const expectation = expectationOf(row);
  return {
    summary: summaryOf(row),
    delivery,
    rank: row.rank,
    version: versionOf(row),
    firstReceivedAt: Math.floor(row.place / 1000),
    updatedAt: Math.floor(Math.max(row.changed ?? row.place, row.expectation_changed ?? 0) / 1000),
    // CI may have come to know the job since it was asked as an overdue one.
    expectation: expectation !== null && verified === true ? { ...expectation, knownToCi: null } : expectation,
    verified,
  };
}

const verdictOf = (verified: Rest["verified"]): boolean | null => (verified === null ? null : verified === 1);

export function expectationOf(row: ExpectationRow): Expectation | null {
  if (row.registered_at === null) return null;
  const { registered_at: registeredAt, due_at: dueAt, known_to_ci, expectation_changed: changed } = row;
  return { registeredAt, dueAt, knownToCi: known_to_ci === 0 ? false : null, changed };
}

export const listedDelivery = (row: ListedDeliveryRow): ListedDelivery => ({
  ...deliveryOf(row),
  jobIds: JSON.parse(row.first_job_ids) as string[],
  jobCount: row.job_count ?? 0,
  tag: row.first_tag,
  event: row.first_event,
  object: row.first_object,
});

export const jobDelivery = ({ verified, ...row }: JobDeliveryRow): JobDelivery => ({
  ...listedDelivery(row),
  verified: verdictOf(verified),
});

export const listedRun = (row: RunRow & { first_received_at: number }): ListedRun => ({
  summary: runSummaryOf(row),
  receivedAt: row.first_received_at,
});

export function deliveryBehind(row: Omit<WithDelivery<object>, keyof JobNumbers>): Delivery {
  if (row.id !== null) return deliveryOf(row as DeliveryRow);
  const { delivery_id: id, first_received_at: receivedAt } = row;
  return {
    id,
    status: "stored",
    format: null,
    contentType: null,
    size: 0,
    receivedAt,
    lastReceivedAt: receivedAt,
    count: 1,
    failure: null,
    hasBytes: false,
    source: "callback",
  };
}
