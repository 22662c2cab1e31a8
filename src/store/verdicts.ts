/**
 * Verdicts: what CI says about a callback when it is asked. Each is about one job and the delivery that was behind its
 * record. Times are in milliseconds since 1970. Each write contains its own condition, and may run twice.
 */

/** How a store notes that CI is to be asked about callbacks. With VERIFY off, nothing is noted. */
export interface Verifying {
  /** How long events of a job wait for its verdict, in milliseconds. */
  limitMilliseconds: number;
}

/**
 * A job that CI is to be asked about now, because of a callback. This question is counted already, and the next one is
 * scheduled.
 */
export interface VerdictAsk {
  jobId: string;
  /** The delivery that the verdict is about. */
  delivery: string;
  bucket: string | null;
  region: string | null;
  tag: string | null;
  event: string | null;
  /** When the question came up. */
  askedAt: number;
  /** How often CI was asked, this time included. */
  asks: number;
}

export interface Verdict {
  jobId: string;
  delivery: string;
  /** Which question gave it. A verdict of a later question is not overwritten. */
  asks: number;
  /** Null if CI gave none yet. */
  verified: boolean | null;
  /** When to ask again; null for never. */
  askAt: number | null;
}

export interface Verdicts {
  /**
   * Takes questions that are due, of these jobs or of all, the first due first. A question whose delivery is no longer
   * behind the record is closed instead.
   */
  claim(jobIds: readonly string[] | null, limit: number, now: number): Promise<VerdictAsk[]>;
  /**
   * Writes verdicts. A verdict that differs from the one before is a change of the job. Events that wait for it are due
   * at once; for `false`, an end is sent as `job.disputed`. Gives the ids of events that are due.
   */
  settle(verdicts: readonly Verdict[], now: number): Promise<string[]>;
}

/** Figures of verdicts, each counted up to a bound. */
export interface VerdictFigures {
  /** Jobs whose record CI disputes. */
  disputed: number;
  /** Callbacks that CI is still to be asked about. */
  waiting: number;
}
