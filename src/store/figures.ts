/** What a store tells of itself. */
import type { ExpectationFigures } from "./expectations.ts";
import type { OutboxFigures } from "./outbox.ts";
import type { DeliveryStatus } from "./store.ts";
import type { VerdictFigures } from "./verdicts.ts";

/** What a store tells of itself; null if it cannot, or not cheaply. */
export interface Health {
  /** Numbers of migrations: the last that was applied, and the one this version of the receiver needs. */
  schema: { found: number; needed: number } | null;
  /** Where the database lies, in the platform's words, such as APAC. */
  region: string | null;
  /** When the last delivery that is not a repetition came. */
  lastReceivedAt: number | null;
  /** Deliveries in quarantine, counted up to a bound. */
  quarantined: number | null;
  upkeepAt: number | null;
  /** Deliveries in the spill, as the last upkeep left them. */
  spilled: number | null;
}

export interface Figures extends Health {
  /** Size of the database. */
  bytes: number | null;
  /** Deliveries ever kept, each counted once. */
  deliveriesEver: number | null;
  /** Deliveries kept now by status, each up to `countBound`. */
  deliveries: Partial<Record<DeliveryStatus, number>>;
  /** Jobs by state, each up to `countBound`; not those of Success, most of all jobs, which only a scan would count. */
  jobs: Record<string, number>;
  countBound: number;
  /** Null if only lists would tell, and nobody is told. */
  events: OutboxFigures | null;
  /** Null if the store keeps none; so the next one. */
  expectations: ExpectationFigures | null;
  verdicts: VerdictFigures | null;
}
