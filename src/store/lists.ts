/** What lists are asked, and the pages they give. */
import type { DeliveryStatus } from "./store.ts";

/** What a list of jobs can be filtered by. The schema of the API, the SQL and the form of the page are made of this list. */
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

/** Times are exclusive, in milliseconds since 1970, and about the first delivery that named the job. */
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

/** Where a list goes on, in the terms of the store that gave it. */
export type Position = readonly (string | number)[];

export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  next: Position | null;
}
