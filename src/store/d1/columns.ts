/** The columns that are read of each table, their rows, and rows as what a store answers. */
import {
  deliveryOf,
  type DeliveryRow,
  type JobRow,
  RECORD_COLUMNS,
  RUN_COLUMNS,
  type RunRow,
  runSummaryOf,
  summaryOf,
  versionOf,
  WORKFLOW_COLUMNS,
} from "../rows.ts";
import type { Delivery, KeptJob, ListedDelivery, ListedRun } from "../store.ts";
import { heardAt } from "./sql.ts";

const of = (table: string, columns: readonly string[]) => columns.map((column) => `${table}.${column}`).join(", ");

export const DELIVERY_COLUMNS = `d.id, d.status, d.format, d.content_type, d.size, d.received_at, ${heardAt("d")} AS heard_at, d.count,
  d.reason_code, d.reason, d.line, d.column_number, (d.body IS NOT NULL OR d.parts > 0) AS has_bytes`;
/** A BLOB in hexadecimal digits: by itself D1 gives it as a list of numbers. */
export const BODY_COLUMNS = "d.encoding, d.parts, iif(typeof(d.body) = 'blob', hex(d.body), d.body) AS body";
export const JOB_COLUMNS = `j.received_at AS first_received_at, j.place, j.changed, ${of("j", ["job_id", ...RECORD_COLUMNS, ...WORKFLOW_COLUMNS])}`;
export const RUN_COLUMN_LIST = `r.received_at AS first_received_at, ${of("r", ["run_id", ...RUN_COLUMNS])}`;

/** Outer: a row whose delivery is gone, which nothing here leaves behind, is shown for what it says. */
export const WITH_DELIVERY = "LEFT JOIN deliveries AS d ON d.id = j.delivery_id";
export const JOBS = `FROM jobs AS j ${WITH_DELIVERY}`;
export const RUNS = "FROM runs AS r LEFT JOIN deliveries AS d ON d.id = r.delivery_id";

/** The first jobs of a delivery, and what the first of them is about, for lists of deliveries. */
export const LISTED_DELIVERY = `d.seq, ${DELIVERY_COLUMNS}, d.job_count, f.tag AS first_tag, f.object AS first_object,
  (SELECT json_group_array(value) FROM (SELECT value FROM json_each(d.job_ids) LIMIT 10)) AS first_job_ids`;
export const LISTED_DELIVERIES =
  "FROM deliveries AS d LEFT JOIN jobs AS f ON f.job_id = json_extract(d.job_ids, '$[0]')";

export interface JobNumbers {
  place: number;
  changed: number | null;
}

export type ListedDeliveryRow = DeliveryRow & {
  seq: number;
  job_count: number | null;
  first_job_ids: string;
  first_tag: string | null;
  first_object: string | null;
};

export type BodyRow = DeliveryRow & { encoding: string; parts: number; body: string | null };

/** The columns of a delivery are null where it is gone. */
export type WithDelivery<Row> = Row &
  JobNumbers & { [Column in keyof DeliveryRow]: DeliveryRow[Column] | null } & {
    delivery_id: string;
    first_received_at: number;
  };

export const keptJob = (row: WithDelivery<JobRow>): KeptJob => ({
  summary: summaryOf(row),
  delivery: deliveryBehind(row),
  rank: row.rank,
  version: versionOf(row),
  firstReceivedAt: Math.floor(row.place / 1000),
  updatedAt: Math.floor((row.changed ?? row.place) / 1000),
});

export const listedDelivery = (row: ListedDeliveryRow): ListedDelivery => ({
  ...deliveryOf(row),
  jobIds: JSON.parse(row.first_job_ids) as string[],
  jobCount: row.job_count ?? 0,
  tag: row.first_tag,
  object: row.first_object,
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
  };
}
