/** What look-ups answer besides jobs. Those of the receiver's own module are its types; the others are written out here. */
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

/** What reading a delivery again came to. */
export interface Reparsed {
  /** The delivery's id. */
  delivery: string;
  status: "stored" | "no-job" | "quarantined";
  /** The jobs that it names. */
  jobs: string[];
  /** Why it cannot be read, and where; null where it can. */
  reason: string | null;
  line: number | null;
  column: number | null;
}

/** An event as the receiver keeps it: to one endpoint, with what became of it. */
export interface EventRecord {
  /** The `webhook-id` of each attempt. */
  id: string;
  type: "job.finished" | "job.updated" | "run.finished" | "job.overdue" | "delivery.quarantined" | "job.disputed";
  /** The endpoint's host; null where it was removed. */
  endpoint: string | null;
  /** `failed`: given up, and told again only on demand. */
  status: "pending" | "failed" | "delivered";
  /** Since it came about, or was last told again. */
  attempts: number;
  createdAt: string;
  nextAttemptAt: string | null;
  /** The HTTP status that the last attempt was answered with. */
  lastStatus: number | null;
  /** Why the last attempt failed, such as `timeout`. */
  lastError: string | null;
  /** Whom it is about: one of these three. */
  jobId?: string;
  runId?: string;
  delivery?: string;
}
