/**
 * Expectations: jobs announced by the one who submits them, with a time by which their callbacks should have come. An
 * expectation is open until its job is terminal, whenever that is heard of; past its time an open one is overdue.
 * Times are in milliseconds since 1970. Each write states its condition itself, and may be made twice.
 */
import type { LeasedEvent } from "./outbox.ts";
import type { KeptJob } from "./store.ts";
import type { Page, Position } from "./lists.ts";

/** First pause between two askings of CI about one job, in milliseconds; doubled by each, up to the longest. */
export const FIRST_PAUSE_MILLISECONDS = 30_000;
export const LONGEST_PAUSE_MILLISECONDS = 3_600_000;

/** How long an expectation is kept past its time, in days. */
export const EXPECTATION_DAYS = 30;

/** Calls that one slice of `purge` takes, statements counted one by one. */
export const PURGE_EXPECTATIONS_OPERATIONS = 2;

/** What may be said of a job beforehand, in CI's words. */
export interface Announced {
  bucket: string | null;
  region: string | null;
  queueId: string | null;
  tag: string | null;
  userData: string | null;
}

export interface Expectation {
  registeredAt: number;
  dueAt: number;
  /** False where CI was asked and does not know the job; null where it was not asked, or knows it. */
  knownToCi: false | null;
  /** Number of its last change, in the order of the feed: microseconds since 1970. */
  changed: number;
}

/** A job that is only expected: no delivery has told of it. */
export interface ExpectedJob extends Announced {
  jobId: string;
  expectation: Expectation;
}

/** A job as lists that show expected ones as well have it. */
export type KnownJob = KeptJob | ExpectedJob;

/** Whether nothing but its expectation is known of a job. */
export const isOnlyExpected = (job: object): job is ExpectedJob => !("summary" in job);

/** An overdue job that CI is to be asked about now: the asking is counted, and the next one has its time already. */
export interface OverdueAsk {
  jobId: string;
  /** Of the job where a delivery told of it, else as announced. */
  bucket: string | null;
  region: string | null;
  tag: string | null;
  event: string | null;
  /** Of the record; null where nothing has told of the job. */
  state: string | null;
  /** How often CI was asked, this time included. */
  asks: number;
}

/** What CI said about an overdue job that it was asked about. */
export interface AskOutcome {
  jobId: string;
  /** Which asking it was: what a later one has written stands. Null for one by hand, which is not counted. */
  asks: number | null;
  /** False where CI does not know the job; true where it does; null where it was not heard. */
  isKnown: boolean | null;
  /** When to ask again, where CI said so. */
  askAt: number | null;
}

/** An expectation as exports carry it. */
export interface ExportedExpectation extends Announced {
  jobId: string;
  registeredAt: number;
  dueAt: number;
  /** Number of its last change, as of an `Expectation`; null in lines of older versions, as the next three. */
  lastChange: number | null;
  /** Whether its job has ended: it stays met where the job itself was not kept as long. */
  isMet: boolean | null;
  /** Whether it was noted as overdue, and told as such. */
  isNoted: boolean | null;
  knownToCi: false | null;
}

export interface Expectations {
  /** Makes an expectation, or renews it: a renewed one begins anew. Says whether there was none. */
  put(jobId: string, announced: Announced, dueAt: number, now: number): Promise<"new" | "renewed">;
  remove(jobId: string): Promise<void>;
  /** A job that is expected; null for none, and for one that was met and is no longer kept. */
  get(jobId: string): Promise<ExpectedJob | null>;
  /** Overdue jobs, the longest due first. A page may be short and have a `next`. */
  listOverdue(limit: number, after: Position | null, now: number): Promise<Page<KnownJob>>;
  /**
   * Notes open expectations that have become overdue: that is a change, and the cause of `job.overdue`. A bounded
   * number; `isDone` where there were no more.
   */
  note(now: number): Promise<{ overdue: number; events: LeasedEvent[]; isDone: boolean }>;
  /** Takes overdue jobs whose next asking is due, the longest due first: nobody else gets them before their time has come again. */
  claim(limit: number, now: number): Promise<OverdueAsk[]>;
  settle(outcomes: readonly AskOutcome[], now: number): Promise<void>;
  /** Makes expectations for jobs that CI lists as unfinished, where there are none and the jobs are not terminal. Says how many. */
  adopt(jobs: readonly ExpectedByList[], now: number): Promise<number>;
  /** Those of the jobs that are expected, and have not ended. */
  openOf(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** By JobId, for an export. */
  listAll(limit: number, after: Position | null): Promise<Page<ExportedExpectation>>;
  /** Takes expectations of an export in: of two for one job the later one stands. No change of today. */
  restore(expectations: readonly ExportedExpectation[]): Promise<void>;
  /** Deletes some of those whose time was before this. */
  purge(before: number): Promise<{ rows: number; isDone: boolean }>;
}

/** A job that CI lists. */
export interface ExpectedByList extends Announced {
  jobId: string;
}

/** Figures of expectations, each counted up to a bound. */
export interface ExpectationFigures {
  overdue: number;
  /** When the longest overdue was due; null where none is overdue. */
  oldestDueAt: number | null;
}
