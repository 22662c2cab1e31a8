/** Filters, positions and pages of lists. */
import type { DeliveryStatus } from "./store.ts";

/**
 * The filters of a list of jobs. The form of the page is made from this list; the SQL, the client and the tests have to
 * have each of it.
 */
export const JOB_FILTERS = [
  "state",
  "tag",
  "bucket",
  "object",
  "queueId",
  "runId",
  "userData",
  "receivedAfter",
  "receivedBefore",
  "verified",
] as const;
export type JobFilterName = (typeof JOB_FILTERS)[number];

/** Times are exclusive, in milliseconds since 1970, and are those of the first delivery that named the job. */
type FilterValue<Name> = Name extends "receivedAfter" | "receivedBefore"
  ? number
  : Name extends "verified"
    ? boolean
    : string;
export type JobFilter = { [Name in JobFilterName]?: FilterValue<Name> };

export interface RunFilter {
  state?: string;
  workflowId?: string;
}

export interface DeliveryFilter {
  status?: DeliveryStatus;
}

/** Where a list continues, in terms of the store that gave it. */
export type Position = readonly (string | number)[];

export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  next: Position | null;
}
