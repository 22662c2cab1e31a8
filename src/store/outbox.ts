/**
 * The outbox: events for the user's system, written in the transaction of their cause, and kept until they were
 * delivered.
 */
import type { EventError, EventStatus, EventType } from "../events/events.ts";
import type { Page, Position } from "./lists.ts";

/** Which events a store writes, and for whom. Without FORWARD_URLS there is none, and nothing is written. */
export interface Telling {
  urls: readonly string[];
  types: readonly EventType[];
  /**
   * How many events of one write are leased to the writer at once, for their first attempts. The others are due at
   * once.
   */
  leased: number;
}

/** What an attempt needs to know about its event. */
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

/** An event that is leased: until the lease ends, only the holder may attempt it. */
export interface LeasedEvent extends EventHead {
  /** The number of the attempt, from 1. It is counted already. */
  attempt: number;
  /** When the lease ends, in milliseconds since 1970. */
  leasedUntil: number;
  lastStatus: number | null;
  lastError: EventError | null;
  /** The delivery behind it. */
  delivery: string;
  /**
   * The rank of the reading that caused it, if look-ups may be late: a record with a lesser rank does not show it yet.
   */
  rank: string | null;
}

export interface OutboxEvent extends EventHead {
  status: EventStatus;
  /** Attempts begun since the event was written, or since it was last made due by hand. */
  attempts: number;
  /** When the next attempt is due, or when the lease of the current one ends; null if there is neither. */
  dueAt: number | null;
  lastStatus: number | null;
  lastError: EventError | null;
}

/** The outcome of an attempt, recorded only while its lease is still the same. */
export interface Settlement {
  event: LeasedEvent;
  status: EventStatus;
  dueAt: number | null;
  lastStatus: number | null;
  lastError: EventError | null;
}

/** The outcome of attempts at one endpoint: whether one was answered, and how many have failed since. */
export interface EndpointOutcome {
  endpoint: string;
  answered: boolean;
  failures: number;
}

/** An endpoint with pending events. */
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

/** How many calls an outbox takes, for the budget of a run. Each statement counts. */
export interface OutboxCosts {
  /** For `waiting`. */
  look: number;
  /** For a wave of attempts: the lease, the record, and the endpoint's breaker. */
  wave: number;
  /** For each attempt of a wave: its share of the lease, reading its record, the POST, and its outcome. */
  attempt: number;
  /** For each event that is given up without an attempt. */
  failed: number;
}

/** Times are in milliseconds since 1970. Each write contains its own condition, and may run twice. */
export interface Outbox {
  readonly costs: OutboxCosts;
  /** How many first attempts one request makes. Further events are due at once, for the cron or the queue. */
  readonly attemptsAtOnce: number;
  /** Endpoints with pending events, configured or not. */
  waiting(): Promise<WaitingEndpoint[]>;
  /** Leases what is due at an endpoint, the first due first. */
  lease(endpoint: string, limit: number, now: number): Promise<LeasedEvent[]>;
  /** Leases those of these events that are due. */
  leaseThese(ids: readonly string[], now: number): Promise<LeasedEvent[]>;
  /** Ids of events that are due at an endpoint, the first due first. */
  listDue(endpoint: string, limit: number, now: number): Promise<string[]>;
  /** The endpoints of events that are due and may be attempted, by id. */
  endpointsOf(ids: readonly string[], now: number): Promise<ReadonlyMap<string, string>>;
  /**
   * Takes the single attempt that an open breaker allows after its time. False if somebody else has it, or it is too
   * early.
   */
  takeProbe(endpoint: string, now: number): Promise<boolean>;
  /** Records the outcomes of attempts, and updates the breaker of their endpoint. */
  settle(settlements: readonly Settlement[], outcome: EndpointOutcome, now: number): Promise<void>;
  /** Gives leases back unused: the attempts do not count, and the events are due at once. */
  release(events: readonly LeasedEvent[], now: number): Promise<void>;
  /** Fails events of an endpoint that is no longer configured. Gives how many. */
  failRemoved(endpoint: string, now: number, limit: number): Promise<number>;
  /** Fails events that have waited behind an open breaker for longer than their schedule lasts. Gives how many. */
  failOverdue(endpoint: string, now: number, limit: number): Promise<number>;
  /** Newest first. A page may be shorter than its limit and have a `next`. */
  list(filter: EventFilter, limit: number, after: Position | null): Promise<Page<OutboxEvent>>;
  get(id: string): Promise<OutboxEvent | null>;
  /** Makes an event due at once, unless an attempt may be under way. Gives the event; null if there is none. */
  resend(id: string, now: number): Promise<OutboxEvent | null>;
  /** The same for failed events of configured endpoints, oldest first. `left` is counted up to a bound. */
  resendFailed(limit: number, now: number): Promise<{ ids: string[]; left: number }>;
  /**
   * Makes the events of a job's current record due at once, or writes them if there are none. Null if there is no such
   * job.
   */
  tellAgain(jobId: string, now: number): Promise<OutboxEvent[] | null>;
  /** Deletes some events that ended before these times; null keeps them for ever. */
  purge(delivered: number | null, failed: number): Promise<{ rows: number; isDone: boolean }>;
}

/** How many calls one slice of `purge` takes at most. Each statement counts. */
export const PURGE_EVENTS_OPERATIONS = 3;

/** Figures of the outbox, each counted up to a bound. */
export interface OutboxFigures {
  /** Pending events by the id of their endpoint. */
  pending: Record<string, number>;
  failed: number;
  /** When the oldest pending event was written, of those that were counted. */
  oldestPendingAt: number | null;
}
