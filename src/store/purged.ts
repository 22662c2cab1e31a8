/** Deleting and shrinking what is kept, a slice at a time: what is asked of a store, and what a slice did. */

/** Retention deletes what was last heard of before these times, in milliseconds since 1970; null keeps it for ever. */
export interface Cutoffs {
  jobs: number | null;
  bytes: number | null;
  quarantined: number | null;
}

/** What one slice of retention did. */
export interface Purged {
  /** Rows deleted or emptied. */
  rows: number;
  /** True if everything that has passed its time was looked at. */
  isDone: boolean;
  /** How many calls it took. Each statement counts. */
  operations: number;
}

/** What one slice of recompressing did. */
export interface Recompressed {
  /** Rows rewritten. */
  rows: number;
  /** True if there is nothing left to look at. */
  isDone: boolean;
  /** Why some bodies were left as they are. */
  faults: string[];
}
