/** The outbox of a store: events that the user's system is told of, kept until it was, in the transaction of their cause. */
import type { EventError, EventStatus, EventType } from "../events/events.ts";
import type { Page, Position } from "./lists.ts";

/** What makes a store write events: where FORWARD_URLS is not set there is none, and nothing is written. */
export interface Telling {
  urls: readonly string[];
  types: readonly EventType[];
  /** How many events of one write are born leased, for the writer to make their first attempts; the others are due at once. */
  leased: number;
}

/** What an attempt needs to know of its event. */
export interface EventHead {
  id: string;
  /** The id of an endpoint, not its URL. */
  endpoint: string;
  type: EventType;
  /** A JobId, a RunId, or the id of a delivery. */
  subject: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** An event whose next attempt is the holder's to make, and nobody else's until the lease ends. */
export interface LeasedEvent extends EventHead {
  /** The attempt that may be made, counted from 1. It is counted already. */
  attempt: number;
  /** When the lease ends, in milliseconds since 1970. */
  leasedUntil: number;
  lastStatus: number | null;
  lastError: EventError | null;
  /** The delivery behind it. */
  delivery: string;
  /** Of the reading that caused it, where look-ups may be late: a record of a lesser rank does not show it yet. */
  rank: string | null;
}

export interface OutboxEvent extends EventHead {
  status: EventStatus;
  /** Attempts begun since the event was last made due by hand, or ever. */
  attempts: number;
  /** When the next attempt is due, or the lease of the present one ends; null when there is none. */
  dueAt: number | null;
  lastStatus: number | null;
  lastError: EventError | null;
}

/** What became of an attempt, to be recorded while the lease is still the same. */
export interface Settlement {
  event: LeasedEvent;
  status: EventStatus;
  dueAt: number | null;
  lastStatus: number | null;
  lastError: EventError | null;
}

/** What attempts came to at one endpoint: whether any was answered, and how many failed since. */
export interface EndpointOutcome {
  endpoint: string;
  answered: boolean;
  failures: number;
}

/** An endpoint that events wait for. */
export interface WaitingEndpoint {
  endpoint: string;
  /** When the first of them is due, in milliseconds since 1970. */
  dueAt: number;
  /** Failures in a row. */
  failures: number;
  /** Until when the breaker allows no attempt; null if it is closed. */
  openUntil: number | null;
}

export interface EventFilter {
  status?: EventStatus;
  jobId?: string;
  type?: EventType;
}

/** Calls that an outbox takes, statements counted one by one: for the budget of a run. */
export interface OutboxCosts {
  /** `waiting`. */
  look: number;
  /** Of a wave of attempts beside those of its events: the lease, the record, and what is thought of the endpoint since. */
  wave: number;
  /** Of one attempt: its share of the lease, the record that it sends, the POST, and what became of it. */
  attempt: number;
  /** Of each event that is given up without an attempt. */
  failed: number;
}

/** Times are in milliseconds since 1970. Each write states its condition itself, and may be made twice. */
export interface Outbox {
  readonly costs: OutboxCosts;
  /** First attempts that one request makes; more events than these are due at once, for the cron or the queue. */
  readonly attemptsAtOnce: number;
  /** Endpoints that events wait for, configured or not. */
  waiting(): Promise<WaitingEndpoint[]>;
  /** Leases what is due at an endpoint, the first due first. */
  lease(endpoint: string, limit: number, now: number): Promise<LeasedEvent[]>;
  /** Leases those of the events that are due. */
  leaseThese(ids: readonly string[], now: number): Promise<LeasedEvent[]>;
  /** Ids of events that are due at an endpoint, the first due first. */
  listDue(endpoint: string, limit: number, now: number): Promise<string[]>;
  /** The endpoints of events that are due and may be attempted, by id. */
  endpointsOf(ids: readonly string[], now: number): Promise<ReadonlyMap<string, string>>;
  /**
   * Takes the one attempt that an open breaker allows when its time is up; false if another has it, or it is not time.
   */
  takeProbe(endpoint: string, now: number): Promise<boolean>;
  /** Records what became of attempts, and what their endpoint is thought of since. */
  settle(settlements: readonly Settlement[], outcome: EndpointOutcome, now: number): Promise<void>;
  /** Gives leases back unused: the attempts are not counted, and the events are due at once. */
  release(events: readonly LeasedEvent[], now: number): Promise<void>;
  /** Fails events of an endpoint that is no longer configured; says how many. */
  failRemoved(endpoint: string, now: number, limit: number): Promise<number>;
  /** Fails what has waited behind the open breaker of an endpoint for longer than its schedule lasts; says how many. */
  failOverdue(endpoint: string, now: number, limit: number): Promise<number>;
  /** Newest first. A page may be shorter than its limit and have a next. */
  list(filter: EventFilter, limit: number, after: Position | null): Promise<Page<OutboxEvent>>;
  get(id: string): Promise<OutboxEvent | null>;
  /** Makes an event due at once, unless an attempt of it may be under way. Gives it as it is then; null for none. */
  resend(id: string, now: number): Promise<OutboxEvent | null>;
  /** The same for failed events of the configured endpoints, oldest first; `left` is counted up to a bound. */
  resendFailed(limit: number, now: number): Promise<{ ids: string[]; left: number }>;
  /**
   * Makes the events of a job's present record due at once, or makes them where there are none. Null if there is no
   * such job.
   */
  tellAgain(jobId: string, now: number): Promise<OutboxEvent[] | null>;
  /** Deletes some of what ended before these times; null keeps for ever. */
  purge(delivered: number | null, failed: number): Promise<{ rows: number; isDone: boolean }>;
}

/** Calls that one slice of `purge` takes at most, statements counted one by one. */
export const PURGE_EVENTS_OPERATIONS = 3;

/** Figures of the outbox, each counted up to a bound. */
export interface OutboxFigures {
  /** Pending events by the id of their endpoint. */
  pending: Record<string, number>;
  failed: number;
  /** When the oldest pending event came about, of those counted. */
  oldestPendingAt: number | null;
}
