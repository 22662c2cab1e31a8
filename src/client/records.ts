/**
 * What look-ups answer besides jobs. Types that the receiver has without its libraries are reused; the others are
 * repeated here.
 */
export type {
  DeliveryRecord,
  JobDelivery,
  JobDeliveryRecord,
  JobExpectation,
  ListedJob,
  ListedRun,
  Run,
  Source,
} from "../wire.ts";

/** The result of a reparse. */
export interface Reparsed {
  /** The delivery's id. */
  delivery: string;
  status: "stored" | "no-job" | "quarantined";
  /** The jobs that it names. */
  jobs: string[];
  /** Why it cannot be read, and where; null if it can. */
  reason: string | null;
  line: number | null;
  column: number | null;
}

/** An event to one endpoint as the receiver keeps it, with what became of it. */
export interface EventRecord {
  /** The `webhook-id` of each attempt. */
  id: string;
  type: "job.finished" | "job.updated" | "run.finished" | "job.overdue" | "delivery.quarantined" | "job.disputed";
  /** The endpoint's host; null if it was removed. */
  endpoint: string | null;
  /** `failed`: given up, and sent again only on demand. */
  status: "pending" | "failed" | "delivered";
  /** Attempts since the event came about, or since it was last resent. */
  attempts: number;
  createdAt: string;
  nextAttemptAt: string | null;
  /** The HTTP status of the endpoint's last answer. */
  lastStatus: number | null;
  /** Why the last attempt failed, such as `timeout`. */
  lastError: string | null;
  /** What the event is about: one of these three. */
  jobId?: string;
  runId?: string;
  delivery?: string;
}
