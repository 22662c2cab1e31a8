/**
 * Expectations: jobs announced by whoever submits them, with a time by which their callbacks should have come. An
 * expectation is open until its job is known to be terminal. An open one is overdue after its time. Times are in
 * milliseconds since 1970. Each write contains its own condition, and may run twice.
 */
import type { LeasedEvent } from "./outbox.ts";
import type { KeptJob } from "./store.ts";
import type { Page, Position } from "./lists.ts";

/**
 * Pause between two questions to CI about one job, in milliseconds: the first, doubled each time, up to the longest.
 */
export const FIRST_PAUSE_MILLISECONDS = 30_000;
export const LONGEST_PAUSE_MILLISECONDS = 3_600_000;

/** How long an expectation is kept after its time, in days. */
export const EXPECTATION_DAYS = 30;

/** How many calls one slice of `purge` takes. Each statement counts. */
export const PURGE_EXPECTATIONS_OPERATIONS = 2;

/** What an announcement may say about a job, in CI's words. */
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
  /** False if CI was asked and does not know the job; null if CI was not asked, or knows it. */
  knownToCi: false | null;
  /** The number of its last change, in the order of `GET /changes`: microseconds since 1970. */
  changed: number;
}

/** A job that was announced and that no delivery has named. */
export interface ExpectedJob extends Announced {
  jobId: string;
  expectation: Expectation;
}

/** A job in lists that also show announced ones. */
export type KnownJob = KeptJob | ExpectedJob;

/** Whether the job was only announced. */
export const isOnlyExpected = (job: object): job is ExpectedJob => !("summary" in job);

/** An overdue job that CI is to be asked about now. This question is counted already, and the next one is scheduled. */
export interface OverdueAsk {
  jobId: string;
  /** From the job if a delivery named it, otherwise from the announcement. */
  bucket: string | null;
  region: string | null;
  tag: string | null;
  event: string | null;
  /** The state of the record; null if no delivery named the job. */
  state: string | null;
  /** How often CI was asked, this time included. */
  asks: number;
}

/** CI's answer about an overdue job. */
export interface AskOutcome {
  jobId: string;
  /**
   * Which question it answers. The answer to a later one is not overwritten. Null for a question by hand, which is not
   * counted.
   */
  asks: number | null;
  /** False if CI does not know the job, true if it does, null if CI did not answer. */
  isKnown: boolean | null;
  /** When to ask again, if CI said so. */
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
  /** Makes or renews an expectation. True if there was none. */
  put(jobId: string, announced: Announced, dueAt: number, now: number): Promise<"new" | "renewed">;
  remove(jobId: string): Promise<void>;
  /** A job that was announced; null if it was not, or if it is met and no longer kept. */
  get(jobId: string): Promise<ExpectedJob | null>;
  /** Overdue jobs, the longest due first. A page may be short and have a `next`. */
  listOverdue(limit: number, after: Position | null, now: number): Promise<Page<KnownJob>>;
  /**
   * Notes open expectations that have become overdue. That is a change, and the cause of `job.overdue`. A limited
   * number in each call; `isDone` if there are no more.
   */
  note(now: number): Promise<{ overdue: number; events: LeasedEvent[]; isDone: boolean }>;
  /**
   * Takes overdue jobs whose next question is due, the longest due first. Nobody else gets them before the question
   * after that is due.
   */
  claim(limit: number, now: number): Promise<OverdueAsk[]>;
  settle(outcomes: readonly AskOutcome[], now: number): Promise<void>;
  /** Makes expectations for jobs that CI lists as unfinished, unless they have one or are terminal. Gives how many. */
  adopt(jobs: readonly ExpectedByList[], now: number): Promise<number>;
  /** Those of the jobs that are expected, and have not ended. */
  openOf(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** By JobId, for an export. */
  listAll(limit: number, after: Position | null): Promise<Page<ExportedExpectation>>;
  /** Takes in expectations of an export. Of two for one job, the later one is kept. It is no change of today. */
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
  /** When the job that is overdue the longest was due; null if none is. */
  oldestDueAt: number | null;
}
