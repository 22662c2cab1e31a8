/**
 * Verdicts: what CI says of a callback when it is asked. Each is about one job and the delivery that was behind its
 * record. Times are in milliseconds since 1970. Each write states its condition itself, and may be made twice.
 */

/** What makes a store note that CI is to be asked about callbacks: where VERIFY is off nothing is written. */
export interface Verifying {
  /** How long events of a job wait for its verdict, in milliseconds. */
  limitMilliseconds: number;
}

/** A callback's job that CI is to be asked about now: the asking is counted, and the next one has its time already. */
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
  /** Which asking gave it: what a later one has written stands. */
  asks: number;
  /** Null if CI gave none yet. */
  verified: boolean | null;
  /** When to ask again; null for never. */
  askAt: number | null;
}

export interface Verdicts {
  /** Takes what is due to be asked, of these jobs or of all, the first due first. Those whose delivery is no longer behind the record are closed instead. */
  claim(jobIds: readonly string[] | null, limit: number, now: number): Promise<VerdictAsk[]>;
  /**
   * Writes verdicts; another one than before is a change of the job. Events of these deliveries that wait for one are
   * due at once, and with `false` an end is told as `job.disputed`. Gives the ids of events that are due.
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
