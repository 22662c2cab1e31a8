/**
 * What a store does: keeps deliveries with what they say, and finds jobs, runs and deliveries again.
 * One interface because there are two, D1 and KV. A store decides nothing about content: it is told.
 */
import type { Body } from "../callback/callback.ts";
import type { Format, JobReading, Reading, ReadFailure, RunReading } from "../callback/types.ts";
import type { Result } from "../callback/result.ts";

/** `pending`: the bytes are kept and not read yet. */
export type DeliveryStatus = "stored" | "no-job" | "quarantined" | "pending";

/** One delivery on its way into a store, with what it says; null where it is not read yet. */
export interface Entry {
  /** SHA-256 of the bytes, in 64 hexadecimal digits. */
  id: string;
  body: Body;
  /** Of the body, in bytes. */
  size: number;
  /** The Content-Type header, as it came. */
  contentType: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** Names this arrival, in 8 characters, so that a write tried twice is counted once. Empty for a delivery that is only read again. */
  receipt: string;
  reading: Result<Reading, ReadFailure> | null;
}

/** What is kept about a delivery, beside its body. */
export interface Delivery {
  id: string;
  status: DeliveryStatus;
  format: Format | null;
  contentType: string | null;
  size: number;
  receivedAt: number;
  /** How many times these bytes came. */
  count: number;
  failure: ReadFailure | null;
}

/** The record of a job without its detail: what lists show. */
export type JobSummary = Omit<JobReading, "detail" | "full">;

export interface KeptJob {
  summary: JobSummary;
  delivery: Delivery;
}

/** A body is null when its time of retention has passed. */
export interface KeptBody {
  delivery: Delivery;
  body: Body | null;
}

/** The record of a run without its tasks. */
export type RunSummary = Omit<RunReading, "tasks">;

export interface KeptRun extends KeptBody {
  summary: RunSummary;
}

/** Which jobs a list is about. `receivedAfter` and `receivedBefore` are exclusive, in milliseconds, and about the first delivery. */
export interface JobFilter {
  state?: string;
  tag?: string;
  bucket?: string;
  object?: string;
  queueId?: string;
  runId?: string;
  userData?: string;
  receivedAfter?: number;
  receivedBefore?: number;
}

/** Where a list goes on: after this job, in order of arrival. */
export interface JobPosition {
  receivedAt: number;
  jobId: string;
}

export interface Page<T, Position> {
  items: T[];
  /** Null on the last page. */
  next: Position | null;
}

export interface Store {
  readonly name: "d1" | "kv";
  /** Writes all or none; gives, in order, how many times each delivery has come, this time included. Rejects when that is not certain. */
  put(entries: readonly Entry[]): Promise<number[]>;
  getJob(jobId: string): Promise<KeptJob | null>;
  /** The job and the body behind its record, in one go. */
  getJobWithBody(jobId: string): Promise<(KeptJob & KeptBody) | null>;
  listJobs(filter: JobFilter, limit: number, after: JobPosition | null): Promise<Page<KeptJob, JobPosition>>;
  getRun(runId: string): Promise<KeptRun | null>;
  getDelivery(id: string): Promise<Delivery | null>;
  getBody(id: string): Promise<KeptBody | null>;
  /** Rejects where the store cannot be reached or lacks its tables. */
  check(): Promise<void>;
}
