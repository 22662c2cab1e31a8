/** Waves of attempts at one endpoint: what came of each, its record, and when to stop. */
import type { Budget } from "../budget.ts";
import type { Endpoint } from "../events/endpoints.ts";
import type { EventError } from "../events/events.ts";
import { ANSWER_MILLISECONDS, BREAKER_FAILURES, MAX_ATTEMPTS } from "../events/limits.ts";
import { messageOf } from "../intake.ts";
import type { LeasedEvent, Outbox, Settlement } from "../store/outbox.ts";
import type { Log } from "../telemetry/log.ts";
import type { Contents } from "./content.ts";
import { type DueEvent, enqueueLater } from "./messages.ts";
import { nextAttempt } from "./schedule.ts";
import { sendEvent } from "./send.ts";

/** What attempts are made with. */
export interface Means {
  contents: Contents;
  outbox: Outbox;
  secrets: readonly string[];
  log: Log;
  queue: Queue<DueEvent> | null;
}

export interface ForwardReport {
  told: number;
  /** Attempts that failed. */
  untold: number;
}

/** Gives the next leased events of one endpoint, at most `limit`; none if there are no more. */
export type Next = (limit: number) => Promise<LeasedEvent[]>;

export interface Bounds {
  /** How many attempts are made at once. */
  width: number;
  /** Until when attempts may begin, in milliseconds since 1970. */
  until: number;
  /** Null if only time limits the attempts. */
  budget: Budget | null;
  /** Failures in a row so far. */
  failures: number;
}

/** Makes wave after wave, until there are no more events, the breaker opens, or time or budget is used up. */
export async function tellEndpoint(
  means: Means,
  endpoint: Endpoint,
  next: Next,
  { width, until, budget, failures: before }: Bounds,
  report: ForwardReport,
): Promise<void> {
  const { costs } = means.outbox;
  let failures = before;
  // An endpoint whose breaker is open gets one attempt first, and more if that succeeds.
  let wanted = failures >= BREAKER_FAILURES ? 1 : width;
  while (Date.now() < until) {
    const affordable = budget === null ? wanted : Math.floor((budget.left - costs.wave) / costs.attempt);
    const limit = Math.min(wanted, affordable);
    if (limit < 1) return;
    budget?.spend(costs.wave + limit * costs.attempt);
    const events = await next(limit);
    if (events.length === 0) return;
    const since = await wave(means, endpoint, events, report);
    failures = since.answered ? since.failures : failures + since.failures;
    if (failures >= BREAKER_FAILURES) return;
    wanted = width;
  }
}

/** Makes attempts at once, and records them. */
async function wave(means: Means, endpoint: Endpoint, events: readonly LeasedEvent[], report: ForwardReport) {
  const since = { endpoint: endpoint.id, answered: false, failures: 0 };
  const attempts = await Promise.all(
    events.map(async (event) => {
      const settlement = await attempt(means, endpoint, event);
      if (settlement === null) return [];
      // A 410 is an answer: the endpoint is there.
      if (settlement.lastError === null || settlement.lastError === "gone")
        Object.assign(since, { answered: true, failures: 0 });
      else if (!OURS.has(settlement.lastError)) since.failures += 1;
      report[settlement.status === "delivered" ? "told" : "untold"] += 1;
      return [settlement];
    }),
  );
  const settlements = attempts.flat();
  const now = Date.now();
  if (settlements.length > 0) await means.outbox.settle(settlements, since, now);
  const due = settlements.flatMap(({ event: { id }, dueAt }) => (dueAt === null ? [] : [{ id, dueAt }]));
  if (means.queue !== null) await enqueueLater(means.queue, due, now);
  return since;
}

/** Errors that are not the endpoint's fault. */
const OURS: ReadonlySet<EventError> = new Set(["record-gone", "record-late", "unfinished"]);

interface Said {
  status: number | null;
  error: EventError | null;
  retryAfter: number | null;
}

const saidNothing = (error: EventError): Said => ({ status: null, error, retryAfter: null });

/**
 * Makes one attempt. Null if it was not made, because the store failed or the lease is nearly over. The event is then
 * due when the lease ends.
 */
async function attempt(means: Means, endpoint: Endpoint, event: LeasedEvent): Promise<Settlement | null> {
  const { contents, secrets, log } = means;
  const start = Date.now();
  const settle = (said: Said) => settled(log, endpoint, event, said, Date.now() - start);
  // The last attempt began, and whoever made it died. It can only be recorded.
  if (event.attempt > MAX_ATTEMPTS) return settle(saidNothing("unfinished"));
  try {
    const content = await contents(event);
    if (!content.ok) return settle(saidNothing(content.error));
    if (Date.now() + ANSWER_MILLISECONDS > event.leasedUntil) return null;
    return settle(await sendEvent(endpoint, secrets, { id: event.id, body: content.value }));
  } catch (error) {
    log("warn", "attempt not made", { id: event.id, endpoint: endpoint.host, fault: messageOf(error) });
    return null;
  }
}

/** The record of an attempt. If it failed, it is also logged. */
function settled(
  log: Log,
  { host }: Endpoint,
  event: LeasedEvent,
  { status: lastStatus, error, retryAfter }: Said,
  milliseconds: number,
): Settlement {
  if (error === null) return { event, status: "delivered", dueAt: null, lastStatus, lastError: null };
  const isOver = error === "gone" || error === "record-gone" || error === "unfinished";
  const { id, type, attempt } = event;
  const dueAt = isOver ? null : nextAttempt({ attempt, at: Date.now(), retryAfter }, Math.random());
  const line = { id, type, endpoint: host, attempt, status: lastStatus, error, milliseconds };
  if (dueAt === null) log("error", "event failed", line);
  else log("warn", "attempt failed", { ...line, nextAttemptAt: new Date(dueAt).toISOString() });
  return { event, status: dueAt === null ? "failed" : "pending", dueAt, lastStatus, lastError: error };
}
