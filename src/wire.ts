/**
 * What look-ups answer, typed: the JSON of a job, a run and a delivery. Only types, and of nothing that a server
 * needs, since the client is typed by them as well.
 */
import type { ContentNode, RunReading, TaskReading } from "./callback/types.ts";
import type { DeliveryStatus, JobSummary } from "./store/store.ts";

/** Where a record comes from. */
export type Source = "callback";

export interface JobDelivery {
  id: string;
  format: "xml" | "json" | null;
  receivedAt: string;
  count: number;
}

/** A job as lists show it. */
export interface ListedJob extends JobSummary {
  source: Source;
  delivery: JobDelivery;
}

/** A job as its own look-up shows it. `detail` is null when the bytes behind it are no longer kept. */
export interface Job extends ListedJob {
  detail: ContentNode | null;
}

export interface Run extends Omit<RunReading, "tasks"> {
  tasks: TaskReading[];
  jobs: ListedJob[];
}

export interface DeliveryRecord {
  id: string;
  status: DeliveryStatus;
  format: "xml" | "json" | null;
  contentType: string | null;
  size: number;
  receivedAt: string;
  count: number;
  /** False when the bytes have passed their time of retention. */
  hasBytes: boolean;
  reason: string | null;
  line: number | null;
  column: number | null;
}
