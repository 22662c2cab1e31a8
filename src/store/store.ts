/**
 * The interface of a store. It keeps deliveries with what they say, and finds jobs, runs and deliveries. There are two,
 * D1 and KV. A store decides nothing about content.
 */
import type { Body } from "../callback/callback.ts";
import type { Format, JobReading, Reading, ReadFailure, RunReading } from "../callback/types.ts";
import type { Result } from "../callback/result.ts";
import type { Expectation, Expectations, KnownJob } from "./expectations.ts";
import type { Figures, Health } from "./figures.ts";
import type { DeliveryFilter, JobFilter, JobFilterName, Page, Position, RunFilter } from "./lists.ts";
import type { LeasedEvent, Outbox } from "./outbox.ts";
import type { Cutoffs, Purged, Recompressed } from "./purged.ts";
import type { Sweeps } from "./sweeps.ts";
import type { Verdicts } from "./verdicts.ts";

/** `pending`: the bytes are kept and not read yet. */
export type DeliveryStatus = "stored" | "no-job" | "quarantined" | "pending";

/** How a delivery came: as CI's callback, or as CI's answer to a question about a job. */
export type DeliverySource = "callback" | "reconcile";

/** One body that arrived, named by its digest. */
export interface Arrival {
  /** SHA-256 of the bytes, in 64 hexadecimal digits. */
  id: string;
  body: Body;
  /** Of the body, in bytes. */
  size: number;
  /** The Content-Type header, as it came. */
  contentType: string | null;
  /** When these bytes first came, in milliseconds since 1970. */
  receivedAt: number;
  /** When they last came: the same, unless they come from an import. */
  lastReceivedAt: number;
  /** How many times they came: once, unless they come from an import. */
  count: number;
  /**
   * Names this arrival, in 8 characters, so that a repeated write counts it once. Null if the delivery is kept already
   * or comes from an import: `count` is then a total, and the greater total is kept.
   */
  nonce: string | null;
  /** Whether it comes from an import: it keeps its times, and is no change of today. */
  isRestored: boolean;
  /** Of one that comes from an export: notes on those of its jobs of which there are any. */
  notes?: readonly JobNote[];
  source: DeliverySource;
}

/** What is known of a job beyond what its deliveries say. Exports carry it, since nothing else could restore it. */
export interface JobNote {
  jobId: string;
  /** Numbers of its first and last change, in the order of the feed: microseconds since 1970. */
  firstChange: number;
  lastChange: number;
  /** What CI says of the job as this delivery tells it; null if it has not said. */
  verified: boolean | null;
}

/** Why a delivery is quarantined: what the reader found, or what became of reading it. */
export type Failure = Omit<ReadFailure, "kind"> & { kind: FailureKind };
type FailureKind = ReadFailure["kind"] | "reader-failed" | "reading-unfinished" | "bytes-corrupt";

/** How many readings of one delivery may begin without one of them finishing. */
export const READ_ATTEMPTS = 5;

export const UNFINISHED_READING: Failure = {
  kind: "reading-unfinished",
  reason: `Reading this body was begun ${READ_ATTEMPTS} times and never ended: it may take more CPU or memory than the Worker has.`,
  line: null,
  column: null,
};

/** What the reader made of a delivery's bytes. */
export interface DeliveryReading {
  /** The delivery's id. */
  id: string;
  /** When the delivery first and last came, in milliseconds since 1970. */
  receivedAt: number;
  lastReceivedAt: number;
  isRestored: boolean;
  notes?: readonly JobNote[];
  source: DeliverySource;
  reading: Result<Reading, Failure>;
}

/** An arrival with what it says. */
export type ReadArrival = Arrival & DeliveryReading;

/** What is kept about a delivery, without its body. */
export interface Delivery {
  id: string;
  status: DeliveryStatus;
  format: Format | null;
  contentType: string | null;
  size: number;
  receivedAt: number;
  lastReceivedAt: number;
  /** How many times these bytes came. */
  count: number;
  failure: Failure | null;
  /** False if retention has deleted the bytes. */
  hasBytes: boolean;
  /** `reconcile` if the bytes came both ways. */
  source: DeliverySource;
}

/** The record of a job without its detail, as lists show it. */
export type JobSummary = Omit<JobReading, "detail" | "full">;

export interface KeptJob {
  summary: JobSummary;
  delivery: Delivery;
  /** Orders the readings of the job (`jobRank`). The record has the greatest rank. */
  rank: string;
  /** Changes with the record or its workflow: with the delivery behind either, or its reader. */
  version: string;
  /** When the job was first heard of, which is its place in lists. In milliseconds since 1970, as all times here. */
  firstReceivedAt: number;
  /** When its record, workflow, expectation or verdict last changed. */
  updatedAt: number;
  /** Null if the job was not announced. */
  expectation: Expectation | null;
  /**
   * What CI said about the delivery behind the record; null if CI was not asked or has not answered yet. True for CI's
   * own answer.
   */
  verified: boolean | null;
}

/** How many of the jobs that a delivery names a list shows. */
export const LISTED_JOBS = 10;

/** A delivery as lists show it, with the first jobs that it names. */
export interface ListedDelivery extends Delivery {
  /** The first `LISTED_JOBS` JobIds. */
  jobIds: string[];
  jobCount: number;
  /** Of the first job. Moderation has no tag; its event tells its type. */
  tag: string | null;
  event: string | null;
  object: string | null;
}

/** A delivery in the history of a job. */
export interface JobDelivery extends ListedDelivery {
  /** What CI said about this delivery; null if CI was not asked or has not answered yet. */
  verified: boolean | null;
}

/** A delivery with its body, which is null if retention has deleted it. */
export interface KeptBody {
  delivery: Delivery;
  body: Body | null;
  /** The nonce of a delivery in the spill, whose arrival the store has not counted yet. */
  nonce?: string | null;
}

/** The record of a run without its tasks. */
export type RunSummary = Omit<RunReading, "tasks">;

export interface KeptRun extends KeptBody {
  summary: RunSummary;
  /** Orders the readings of the run (`runRank`). */
  rank: string;
}

/** A run as lists show it. */
export interface ListedRun {
  summary: RunSummary;
  /** When its first `WorkflowFinish` came. */
  receivedAt: number;
}

/** `d1` or `kv`. No code outside this folder decides anything by it. */
export interface StoreTraits {
  readonly name: "d1" | "kv";
  /** The filters that its lists of jobs have. */
  readonly filters: readonly JobFilterName[];
  /** How fresh look-ups are, as text for a header; null if they are never late. */
  readonly consistency: string | null;
  /** The shortest time between two questions of one waiting request, in seconds. */
  readonly pollSeconds: { wait: number; page: number };
}

/** Whether the reading of a delivery may begin. */
export type Claim = "claimed" | "exhausted" | "not-pending";

/** The outcome of a write. The caller makes the first attempts of `events`. */
export interface Written {
  /** How many times each delivery has come, this time included, in order. */
  counts: number[];
  events: LeasedEvent[];
}

/** The outcome of writing readings. `gone` has the ids of deliveries that are no longer kept. */
export interface WrittenReadings {
  gone: string[];
  events: LeasedEvent[];
}

/** Which copy of a database is asked. `nearest` may lag behind, but only about jobs that have ended. */
export type Copy = "nearest" | "primary";

/** Recent changes, shared by all who wait in this isolate. Both calls reject like any question to the store. */
export interface News {
  /** A number that is less than that of every later change. */
  start(): Promise<number>;
  /**
   * Null if the job (any job, for null) has not changed since that number. What is known may be so many milliseconds
   * old. If it may have changed, the number to continue from.
   */
  after(number: number, jobId: string | null, oldestMilliseconds: number): Promise<number | null>;
}

export interface Store extends StoreTraits {
  /** Null if the store keeps no order of changes. */
  readonly news: News | null;
  /** Events on their way to the user's system. */
  readonly outbox: Outbox;
  /** Announced jobs. Null if the store cannot keep them; the next two likewise. */
  readonly expectations: Expectations | null;
  readonly verdicts: Verdicts | null;
  readonly sweeps: Sweeps | null;
  /**
   * Keeps bytes without reading them. What is known about a delivery stays. Gives how many times each has come, this
   * time included, in order. Rejects if that is not certain.
   */
  keep(arrivals: readonly Arrival[]): Promise<number[]>;
  /**
   * Keeps bytes with what they say. If it rejects, D1 has written nothing. KV may have written a part: each job and run
   * is then shown as a whole or not at all, and a repeat writes the rest.
   */
  put(deliveries: readonly ReadArrival[]): Promise<Written>;
  /** Writes what kept deliveries say. Skips those that retention has deleted in the meantime. */
  putReadings(readings: readonly DeliveryReading[]): Promise<WrittenReadings>;
  /**
   * Counts an attempt to read a pending delivery, before it is made, since it may kill the Worker. After
   * `READ_ATTEMPTS` the delivery is quarantined instead, and the answer is `exhausted`.
   */
  claimReading(id: string): Promise<Claim>;
  /** Uncounts an attempt that finished, but whose outcome could not be written. */
  releaseReading(id: string): Promise<void>;
  /** After an upgrade of the reader, makes deliveries pending again whose reading never finished. Gives how many. */
  retryUnfinished(): Promise<number>;
  getJob(jobId: string): Promise<KeptJob | null>;
  /** The job with the body behind its record, in one query. */
  getJobWithBody(jobId: string, copy?: Copy): Promise<(KeptJob & KeptBody) | null>;
  /** Last received first. A job's place is that of the first delivery that named it. Rejects with a FilterError. */
  listJobs(filter: JobFilter, limit: number, after: Position | null): Promise<Page<KeptJob>>;
  /** Jobs whose object begins with the text, in descending order; none if the store cannot list by object. */
  listJobsByObject(prefix: string, limit: number): Promise<KeptJob[]>;
  /**
   * Jobs that changed after a number, announced ones included, oldest change first, each once with its record as it is
   * now. Null is the very beginning. `next` is always a position. Rejects with an UnsupportedError without an order of
   * changes.
   */
  listChanges(after: Position | null, limit: number): Promise<{ items: KnownJob[]; next: Position }>;
  /** The position after all changes so far. Rejects as `listChanges` does. */
  newestChange(): Promise<Position>;
  /** Every delivery that named a job, last received first. */
  listDeliveriesOfJob(jobId: string, limit: number, after: Position | null): Promise<Page<JobDelivery>>;
  getRun(runId: string): Promise<KeptRun | null>;
  /** Runs whose end was told, last received first. A page may be short and have a `next`. */
  listRuns(filter: RunFilter, limit: number, after: Position | null): Promise<Page<ListedRun>>;
  getDelivery(id: string): Promise<ListedDelivery | null>;
  getBody(id: string): Promise<KeptBody | null>;
  /** Several small bodies, in any order, without those that are not kept. Rejects if one is corrupt. */
  getBodies(ids: readonly string[]): Promise<KeptBody[]>;
  /** The statuses of deliveries by id, without those that are not kept. */
  statusesOf(ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryStatus>>;
  /** Which of the jobs are terminal. */
  terminalOf(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Deliveries of one status or of all, last received first. */
  listDeliveries(filter: DeliveryFilter, limit: number, after: Position | null): Promise<Page<ListedDelivery>>;
  /** Ids of pending deliveries. Those with the fewest attempts come first. */
  listPending(limit: number): Promise<string[]>;
  /** For an export: first received first, complete whatever arrives in the meantime. */
  listOldestDeliveries(limit: number, after: Position | null): Promise<Page<Delivery>>;
  /** For an export: notes on the jobs of deliveries, by delivery, where the delivery and its times do not tell as much. */
  notesOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly JobNote[]>>;
  /** How many deliveries of a status come after that position; null if only a full count would tell. */
  countDeliveries(status: DeliveryStatus, after: Position | null): Promise<number | null>;
  /** What `purge` costs in calls, at most. */
  purgeOperations(cutoffs: Cutoffs): number;
  /** Applies retention to some rows. */
  purge(cutoffs: Cutoffs): Promise<Purged>;
  /** Rewrites some bodies of older versions, so that they take less room. */
  recompress(): Promise<Recompressed>;
  /** A check cheap enough for anybody to ask for. Rejects if the store cannot be reached or lacks its tables. */
  check(): Promise<Health>;
  /** All figures, for more reads than a check, but without a scan. Rejects likewise. */
  measure(): Promise<Figures>;
  /** Records when the cron ran, and how many deliveries it left in the spill; null if unknown. */
  noteUpkeep(at: number, spilled: number | null): Promise<void>;
}
