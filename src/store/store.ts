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
  /** Names this arrival, in 8 characters, so that a write tried twice is counted once. */
  receipt: string;
  /** The store has the bytes already: only what they say is written, and nothing counted. */
  bodyIsKept: boolean;
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
  /** False when the bytes have passed their time of retention. */
  hasBytes: boolean;
}

/** The record of a job without its detail: what lists show. */
export type JobSummary = Omit<JobReading, "detail" | "full">;

export interface KeptJob {
  summary: JobSummary;
  delivery: Delivery;
  /** Names the deliveries that the record and its workflow are of, and the readers that read them: another record has another. */
  version: string;
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

export interface DeliveryFilter {
  status?: DeliveryStatus;
}

/** What was received before these times is to go, in milliseconds since 1970; null keeps for ever. */
export interface Cutoffs {
  jobs: number | null;
  bytes: number | null;
  quarantined: number | null;
}

/** Where a list goes on, in the terms of the store that gave it. */
export type Position = readonly (string | number)[];

export interface Page<T> {
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
  /** Last received first, by the first delivery that named a job, so that a job keeps its place. Rejects with a FilterError. */
  listJobs(filter: JobFilter, limit: number, after: Position | null): Promise<Page<KeptJob>>;
  getRun(runId: string): Promise<KeptRun | null>;
  getDelivery(id: string): Promise<Delivery | null>;
  getBody(id: string): Promise<KeptBody | null>;
  /** Last received first; of one status, or of all. */
  listDeliveries(filter: DeliveryFilter, limit: number, after: Position | null): Promise<Page<Delivery>>;
  /** How many deliveries of a status a list has after that position; null where only counting all would tell. */
  countDeliveries(status: DeliveryStatus, after: Position | null): Promise<number | null>;
  /** Deletes some of what has passed its time of retention; says how many rows it deleted or emptied. */
  purge(cutoffs: Cutoffs): Promise<number>;
  /** A look at the store that costs little enough for anybody to ask. Rejects where it cannot be reached or lacks its tables. */
  check(): Promise<Health>;
  /** All figures; no scan, but more to read than a check. Rejects as that does. */
  measure(): Promise<Figures>;
  /** Remembers when the upkeep ran, and how many spilled deliveries it left waiting; null where it could not tell. */
  noteUpkeep(at: number, spilled: number | null): Promise<void>;
}

/** What a store tells of itself; null where it cannot, or not cheaply. */
export interface Health {
  /** Numbers of migrations: the last that was applied, and the one this version of the receiver needs. */
  schema: { found: number; needed: number } | null;
  /** Where the database lies, in the platform's words, such as APAC. */
  region: string | null;
  /** When the last delivery that is not a repetition came. */
  lastReceivedAt: number | null;
  /** Deliveries in quarantine, counted up to a bound. */
  quarantined: number | null;
  upkeepAt: number | null;
  /** Deliveries in the second place, as the last upkeep left them. */
  spilled: number | null;
}

export interface Figures extends Health {
  /** Size of the database. */
  bytes: number | null;
  /** Deliveries ever kept, each counted once. */
  deliveriesEver: number | null;
  /** Deliveries kept now by status, each up to `countBound`. */
  deliveries: Partial<Record<DeliveryStatus, number>>;
  /** Jobs by state, each up to `countBound`; not those of Success, most of all jobs, which only a scan would count. */
  jobs: Record<string, number>;
  countBound: number;
}

/** A position that this store never gave. */
export class PositionError extends Error {
  override readonly name = "PositionError";
}

/** The store in use cannot filter by this. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}
