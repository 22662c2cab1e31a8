/** Events as your system is told them, told apart by `type`. docs/events.md says when each comes about. */
import type { Job } from "./job.ts";
import type { DeliveryRecord, Run } from "./records.ts";

interface Told<T extends string, D> {
  /** The `webhook-id`: the same each time this event is told. Ignore one that you have seen. */
  id: string;
  type: T;
  /** When it happened, in ISO 8601. */
  timestamp: string;
  data: D;
}

/** The job as it was when it was told. Where it would be too large, `detail` is null and `detailOmitted` is true. */
export type EventJob = Job & { detailOmitted?: true };

export type JobFinishedEvent = Told<"job.finished", EventJob>;
export type JobUpdatedEvent = Told<"job.updated", EventJob>;
/** A job that was announced and has not ended in time. Of one that no callback has named, `source` is `expectation`. */
export type JobOverdueEvent = Told<"job.overdue", EventJob>;
/** In place of `job.finished`, where CI, being asked, does not say what the callback says. */
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
