/**
 * What a store does: keeps deliveries with what they say, and finds jobs, runs and deliveries again.
 * One interface because there are two, D1 and KV. A store decides nothing about content: it is told.
 */
import type { Body } from "../callback/callback.ts";
import type { Format, JobReading, Reading, ReadFailure, RunReading } from "../callback/types.ts";
import type { Result } from "../callback/result.ts";
import type { Expectation, Expectations, KnownJob } from "./expectations.ts";
import type { Figures, Health } from "./figures.ts";
import type { DeliveryFilter, JobFilter, JobFilterName, Page, Position, RunFilter } from "./lists.ts";
import type { LeasedEvent, Outbox } from "./outbox.ts";
import type { Sweeps } from "./sweeps.ts";
import type { Verdicts } from "./verdicts.ts";

/** `pending`: the bytes are kept and not read yet. */
export type DeliveryStatus = "stored" | "no-job" | "quarantined" | "pending";

/** What brought a delivery: CI's own callback, or CI's answer when it was asked about a job. */
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
  /** When they last came: the same time, unless they come from an export. */
  lastReceivedAt: number;
  /** How many times they came: once, unless they come from an export. */
  count: number;
  /**
   * Names this arrival, in 8 characters, so that a write tried twice is counted once. Null for one that is kept
   * already or comes from an export: its count is a total, of which the greater stands.
   */
  nonce: string | null;
  /** Whether it comes from an export: it keeps its times, and is no change of today. */
  isRestored: boolean;
  /** Of one that comes from an export: notes on those of its jobs of which there are any. */
  notes?: readonly JobNote[];
  source: DeliverySource;
}

/** What is known of a job beside what its deliveries say: exports carry it, since nothing else could restore it. */
export interface JobNote {
  jobId: string;
  /** Numbers of its first and last change, in the order of the feed: microseconds since 1970. */
  firstChange: number;
  lastChange: number;
  /** What CI says of the job as this delivery tells it; null where it has not said. */
  verified: boolean | null;
}

/** Why a delivery is quarantined: what the reader says of the bytes, or what became of the reading. */
export type Failure = Omit<ReadFailure, "kind"> & { kind: FailureKind };
type FailureKind = ReadFailure["kind"] | "reader-failed" | "reading-unfinished" | "bytes-corrupt";

/** Readings of one delivery that may begin without one of them ending. */
export const READ_ATTEMPTS = 5;

export const UNFINISHED_READING: Failure = {
  kind: "reading-unfinished",
  reason: `Reading this body was begun ${READ_ATTEMPTS} times and never ended: it may take more CPU or memory than the Worker has.`,
  line: null,
  column: null,
};

/** What was made of a delivery's bytes. */
export interface DeliveryReading {
  /** Of the delivery. */
  id: string;
  /** When the delivery first and last came, in milliseconds since 1970. */
  receivedAt: number;
  lastReceivedAt: number;
  isRestored: boolean;
  notes?: readonly JobNote[];
  source: DeliverySource;
  reading: Result<Reading, Failure>;
}

/** A delivery on its way into a store, with what it says. */
export type ReadArrival = Arrival & DeliveryReading;

/** What is kept about a delivery, beside its body. */
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
  /** False when the bytes have passed their time of retention. */
  hasBytes: boolean;
  /** Of bytes that came both ways, `reconcile`. */
  source: DeliverySource;
}

/** The record of a job without its detail: what lists show. */
export type JobSummary = Omit<JobReading, "detail" | "full">;

export interface KeptJob {
  summary: JobSummary;
  delivery: Delivery;
  /** Orders all readings of the job (`jobRank`): the record is the greatest. */
  rank: string;
  /** Names the deliveries that the record and its workflow are of, and the readers that read them: another record has another. */
  version: string;
  /** When the job was first heard of: its place in lists. Milliseconds since 1970, as are all times here. */
  firstReceivedAt: number;
  /** When its record, its workflow, its expectation or its verdict changed last. */
  updatedAt: number;
  /** Null where the job was not announced. */
  expectation: Expectation | null;
  /** What CI says of the delivery behind the record; null where it was not asked, or has not said yet. CI's own answer is true. */
  verified: boolean | null;
}

/** A delivery as lists show it: with the first jobs that it names. */
export interface ListedDelivery extends Delivery {
  /** The first ten. */
  jobIds: string[];
  jobCount: number;
  /** Of the first job. Moderation has no tag: its event is its type. */
  tag: string | null;
  event: string | null;
  object: string | null;
}

/** A delivery in the history of a job. */
export interface JobDelivery extends ListedDelivery {
  /** What CI says of the job as this delivery tells it; null where it was not asked, or has not said yet. */
  verified: boolean | null;
}

/** A body is null when its time of retention has passed. */
export interface KeptBody {
  delivery: Delivery;
  body: Body | null;
  /** Of one that waits in the spill: its arrival, which the store has not counted yet. */
  nonce?: string | null;
}

/** The record of a run without its tasks. */
export type RunSummary = Omit<RunReading, "tasks">;

export interface KeptRun extends KeptBody {
  summary: RunSummary;
  /** Orders all readings of the run (`runRank`). */
  rank: string;
}

/** A run as lists show it. */
export interface ListedRun {
  summary: RunSummary;
  /** When its first `WorkflowFinish` came. */
  receivedAt: number;
}

/** What was last heard of before these times is to go, in milliseconds since 1970; null keeps for ever. */
export interface Cutoffs {
  jobs: number | null;
  bytes: number | null;
  quarantined: number | null;
}

/** What a store is: nothing outside this folder asks for its name to decide anything. */
export interface StoreTraits {
  readonly name: "d1" | "kv";
  /** Filters that its lists of jobs take. */
  readonly filters: readonly JobFilterName[];
  /** What look-ups have to say of their freshness, as text for a header; null where they are never late. */
  readonly consistency: string | null;
  /** Shortest time between two looks at the store by one who waits, in seconds. */
  readonly pollSeconds: { wait: number; page: number };
}

/** A delivery whose reading may begin, or why not. */
export type Claim = "claimed" | "exhausted" | "not-pending";

/** What was written, with the events that it caused and whose first attempts are the caller's to make. */
export interface Written {
  /** In order, how many times each delivery has come, this time included. */
  counts: number[];
  events: LeasedEvent[];
}

/** The same for readings of kept deliveries: `gone` are the ids of those that are no longer kept. */
export interface WrittenReadings {
  gone: string[];
  events: LeasedEvent[];
}

/** Which copy of a database is asked: `nearest` may lag behind about a job that has ended. */
export type Copy = "nearest" | "primary";

/** What changed of late, known once for all who wait in this isolate. */
export interface News {
  /** A number: what changes from now on has a greater one. */
  start(): Promise<number>;
  /**
   * Null where the job, or any job for null, has not changed after that number, as was known so many milliseconds ago or
   * later. Where it may have changed, the number to go on from. Both calls reject as any question to the store does.
   */
  after(number: number, jobId: string | null, oldestMilliseconds: number): Promise<number | null>;
}

export interface Store extends StoreTraits {
  /** Null where this store keeps no order of changes. */
  readonly news: News | null;
  /** Events on their way to the user's system. */
  readonly outbox: Outbox;
  /** Jobs that were announced; null where this store has no place for them, as for the next two. */
  readonly expectations: Expectations | null;
  readonly verdicts: Verdicts | null;
  readonly sweeps: Sweeps | null;
  /**
   * Keeps bytes without reading them; what is known of such a delivery already stays. Gives, in order, how many times
   * each has come, this time included. Rejects when that is not certain.
   */
  keep(arrivals: readonly Arrival[]): Promise<number[]>;
  /**
   * The same, with what they say. Where it rejects, D1 has written nothing; KV may have written some of it: each
   * job and run is then shown whole or not at all, and a repeat writes the rest.
   */
  put(deliveries: readonly ReadArrival[]): Promise<Written>;
  /**
   * Writes what kept deliveries say; nothing of those that are no longer kept: retention may have taken them meanwhile.
   */
  putReadings(readings: readonly DeliveryReading[]): Promise<WrittenReadings>;
  /**
   * Counts an attempt to read a pending delivery, before it is made: one that ends the Worker would be made for ever
   * otherwise. After `READ_ATTEMPTS` it is quarantined instead, and the answer is `exhausted`.
   */
  claimReading(id: string): Promise<Claim>;
  /** Takes an attempt back that ended, but whose outcome could not be written. */
  releaseReading(id: string): Promise<void>;
  /** After an upgrade of the reader, makes deliveries pending again whose reading did not end; says how many. */
  retryUnfinished(): Promise<number>;
  getJob(jobId: string): Promise<KeptJob | null>;
  /** The job and the body behind its record, in one go. */
  getJobWithBody(jobId: string, copy?: Copy): Promise<(KeptJob & KeptBody) | null>;
  /** Last received first, by the first delivery that named a job, so that a job keeps its place. Rejects with a FilterError. */
  listJobs(filter: JobFilter, limit: number, after: Position | null): Promise<Page<KeptJob>>;
  /** Jobs whose object begins so and goes on, the last object first; none where the store has no order of objects. */
  listJobsByObject(prefix: string, limit: number): Promise<KeptJob[]>;
  /**
   * Jobs that changed after a number, expected ones as well, the oldest change first, each once with its record as it is
   * now; from the first where that is null. `next` is always a position. Rejects with an UnsupportedError where the store keeps no order of changes.
   */
  listChanges(after: Position | null, limit: number): Promise<{ items: KnownJob[]; next: Position }>;
  /** The position behind all changes so far. Rejects as `listChanges` does. */
  newestChange(): Promise<Position>;
  /** Every delivery that named a job, last received first. */
  listDeliveriesOfJob(jobId: string, limit: number, after: Position | null): Promise<Page<JobDelivery>>;
  getRun(runId: string): Promise<KeptRun | null>;
  /** Runs whose end was told, last received first. A page may be short and have a `next`. */
  listRuns(filter: RunFilter, limit: number, after: Position | null): Promise<Page<ListedRun>>;
  getDelivery(id: string): Promise<ListedDelivery | null>;
  getBody(id: string): Promise<KeptBody | null>;
  /** Small bodies at once, in any order; those that are not kept are absent. Rejects where one is corrupt. */
  getBodies(ids: readonly string[]): Promise<KeptBody[]>;
  /** What became of deliveries, by id; those that are not kept are absent. */
  statusesOf(ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryStatus>>;
  /** Which of the jobs are terminal. */
  terminalOf(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Last received first; of one status, or of all. */
  listDeliveries(filter: DeliveryFilter, limit: number, after: Position | null): Promise<Page<ListedDelivery>>;
  /** Ids of deliveries that wait to be read: those whose reading was tried least come first. */
  listPending(limit: number): Promise<string[]>;
  /** First received first, whatever arrives meanwhile: for an export. */
  listOldestDeliveries(limit: number, after: Position | null): Promise<Page<Delivery>>;
  /** Notes on the jobs of deliveries, by delivery, for an export: where the delivery and its times do not tell the same. */
  notesOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly JobNote[]>>;
  /** How many deliveries of a status a list has after that position; null where only counting all would tell. */
  countDeliveries(status: DeliveryStatus, after: Position | null): Promise<number | null>;
  /** What `purge` costs in calls, at most. */
  purgeOperations(cutoffs: Cutoffs): number;
  /** Deletes some of what has passed its time of retention. */
  purge(cutoffs: Cutoffs): Promise<Purged>;
  /** Takes less room for some of what older versions have written. */
  recompress(): Promise<Recompressed>;
  /** A look at the store that costs little enough for anybody to ask. Rejects where it cannot be reached or lacks its tables. */
  check(): Promise<Health>;
  /** All figures; no scan, but more to read than a check. Rejects as that does. */
  measure(): Promise<Figures>;
  /** Remembers when the upkeep ran, and how many spilled deliveries it left waiting; null where it could not tell. */
  noteUpkeep(at: number, spilled: number | null): Promise<void>;
}

/** What one slice of retention did. */
export interface Purged {
  /** Rows deleted or emptied. */
  rows: number;
  /** True when everything that has passed its time has been looked at. */
  isDone: boolean;
  /** Calls to the store that it took, statements counted one by one. */
  operations: number;
}

/** What one slice of recompressing did. */
export interface Recompressed {
  /** Rows rewritten. */
  rows: number;
  /** True when there is nothing left to look at. */
  isDone: boolean;
  /** What is wrong with bodies that were left as they are. */
  faults: string[];
}
