/** Events as your system receives them, told apart by `type`. docs/events.md says when each comes about. */
import type { Job } from "./job.ts";
import type { DeliveryRecord, Run } from "./records.ts";

interface Told<T extends string, D> {
  /** The `webhook-id`: the same whenever this event is sent. Ignore one that you have seen. */
  id: string;
  type: T;
  /** When it happened, in ISO 8601. */
  timestamp: string;
  data: D;
}

/** The job as it was when the event was sent. If it is too large, `detail` is null and `detailOmitted` is true. */
export type EventJob = Job & { detailOmitted?: true };

export type JobFinishedEvent = Told<"job.finished", EventJob>;
export type JobUpdatedEvent = Told<"job.updated", EventJob>;
/** A job that was announced and has not ended in time. If no callback has named it, `source` is `expectation`. */
export type JobOverdueEvent = Told<"job.overdue", EventJob>;
/** Sent in place of `job.finished` if CI, when asked, does not say what the callback says. */
export type JobDisputedEvent = Told<"job.disputed", EventJob>;
/** The run with at most 100 of its jobs. */
export type RunFinishedEvent = Told<"run.finished", Run>;
export type DeliveryQuarantinedEvent = Told<"delivery.quarantined", DeliveryRecord>;
export type TestEvent = Told<"receiver.test", Record<string, never>>;

export type ReceiverEvent =
  | JobFinishedEvent
  | JobUpdatedEvent
  | JobOverdueEvent
  | JobDisputedEvent
  | RunFinishedEvent
  | DeliveryQuarantinedEvent
  | TestEvent;
