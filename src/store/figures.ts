/** What a store tells of itself. */
import type { ExpectationFigures } from "./expectations.ts";
import type { OutboxFigures } from "./outbox.ts";
import type { DeliveryStatus } from "./store.ts";
import type { VerdictFigures } from "./verdicts.ts";

/** The health of a store. Members are null if the store cannot tell them, or not cheaply. */
export interface Health {
  /** Numbers of migrations: the last one applied, and the one that this version of the receiver needs. */
  schema: { found: number; needed: number } | null;
  /** The region of the database, in the platform's words, such as APAC. */
  region: string | null;
  /** When the last delivery came that was not a repeat. */
  lastReceivedAt: number | null;
  /** Deliveries in quarantine, counted up to a bound. */
  quarantined: number | null;
  upkeepAt: number | null;
  /** Deliveries in the spill, as the last run of the cron left them. */
  spilled: number | null;
}

export interface Figures extends Health {
  /** Size of the database. */
  bytes: number | null;
  /** How many deliveries were ever kept, without repeats. */
  deliveriesEver: number | null;
  /** Deliveries kept now by status, each up to `countBound`. */
  deliveries: Partial<Record<DeliveryStatus, number>>;
  /** Jobs by state, each up to `countBound`, without Success: most jobs succeed, and only a scan would count them. */
  jobs: Record<string, number>;
  countBound: number;
  /** Null if only lists would tell, and nobody is told of events. */
  events: OutboxFigures | null;
  /** Null if the store keeps none; so the next one. */
  expectations: ExpectationFigures | null;
  verdicts: VerdictFigures | null;
}
