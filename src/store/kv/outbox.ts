/**
 * The outbox in KV. KV has no compare-and-set, so a lease is only a note, which others may see a minute late. Two may
 * attempt the same event, with the same id. A run does not attempt an event twice, since it remembers what it did.
 * births.ts says how events are written.
 */
import { endpointIdOf, endpointsOf } from "../../events/endpoints.ts";
import type { EventError } from "../../events/events.ts";
import { jobEventKey } from "../../events/ids.ts";
import {
  BREAKER_FAILURES,
  BREAKER_LONGEST_MILLISECONDS,
  BREAKER_MILLISECONDS,
  MAX_ATTEMPTS,
  PATIENCE_MILLISECONDS,
} from "../../events/limits.ts";
import type { LeasedEvent, Outbox, OutboxEvent, Telling } from "../outbox.ts";
import { KV_LEASE_MILLISECONDS, updateKey } from "./births.ts";
import type { Claims } from "./claims.ts";
import { type EventEntries, eventPrefix, type KvEvent, leasedOf, newEvent } from "./event-entries.ts";
import { listEvents, searchEnded } from "./event-lists.ts";
import { LIST_KEYS } from "./namespace.ts";
import type { NextLook } from "./next-look.ts";

/**
 * How many attempts one request makes, and how many failed events one call makes due. A free plan has 50 operations a
 * request.
 */
export const KV_AT_ONCE = 3;

export function kvOutbox(entries: EventEntries, claims: Claims, nextLook: NextLook, telling: Telling | null): Outbox {
  /** What this run knows about pending events, since KV may show it late. Null for one that is not pending. */
  const known = new Map<string, KvEvent | null>();
  /** Breakers, listed once a run. */
  const listed = new Map<string, KvEvent[]>();

  const asKnown = (events: readonly KvEvent[]): KvEvent[] =>
    events.flatMap((event) => (known.has(event.id) ? (known.get(event.id) ?? []) : [event]));

  async function pendingAt(endpoint: string): Promise<KvEvent[]> {
    const events =
      listed.get(endpoint) ?? (await entries.list(eventPrefix("pending", endpoint), LIST_KEYS, null)).events;
    listed.set(endpoint, events);
    return asKnown(events).toSorted((a, b) => dueOf(a) - dueOf(b));
  }

  async function pending(id: string): Promise<KvEvent | null> {
    if (!known.has(id)) known.set(id, await entries.pending(id));
    return known.get(id) ?? null;
  }

  async function save(event: KvEvent): Promise<void> {
    await entries.write(event);
    known.set(event.id, event.status === "pending" ? event : null);
    if (event.status !== "pending") await entries.remove({ ...event, status: "pending" });
  }

  async function lease(events: readonly KvEvent[], now: number): Promise<LeasedEvent[]> {
    const leased = events.map((event) => ({
      ...event,
      attempts: event.attempts + 1,
      dueAt: now + KV_LEASE_MILLISECONDS,
    }));
    await Promise.all(leased.map(save));
    return leased.map(leasedOf);
  }

  async function fail(events: readonly KvEvent[], lastError: EventError): Promise<number> {
    await Promise.all(events.map((event) => save({ ...event, status: "failed", dueAt: null, lastError })));
    return events.length;
  }

  /** Makes the event due now, with no attempts made, unless one may be under way. */
  async function rearm(event: KvEvent, now: number): Promise<KvEvent> {
    const waiting = await pending(event.id);
    if (waiting !== null && dueOf(waiting) > now && dueOf(waiting) <= now + KV_LEASE_MILLISECONDS) return waiting;
    const due: KvEvent = { ...event, status: "pending", attempts: 0, dueAt: now };
    await save(due);
    if (event.status !== "pending") await entries.remove(event);
    await nextLook.notAfter(now);
    return due;
  }

  const search = async (id: string) => (await pending(id)) ?? searchEnded(entries, id);

  const configured = async () => (await endpointsOf(telling?.urls ?? [])).map(({ id }) => id);

  return {
    attemptsAtOnce: KV_AT_ONCE,
    // A look takes the mark twice, a list and the endpoints. A wave takes the list, the endpoint twice and the mark. An
    // attempt takes three writes, five reads and the POST.
    costs: { look: 4, wave: 4, attempt: 9, failed: 2 },

    async waiting() {
      const now = Date.now();
      if (telling === null || !(await nextLook.isDue(now))) return [];
      const page = await entries.list(eventPrefix("pending"), LIST_KEYS, null);
      for (const [endpoint, events] of Map.groupBy(page.events, (event) => event.endpoint))
        listed.set(endpoint, events);
      // If there are more than a list holds, each configured endpoint has a list of its own.
      if (page.cursor !== null) {
        listed.clear();
        for (const endpoint of new Set([...(await configured()), page.events[0]?.endpoint ?? ""]))
          await pendingAt(endpoint);
      }
      const states = await entries.states([...listed.keys()]);
      const found = [...listed].flatMap(([endpoint, events]) => {
        const { failures, openUntil } = states.get(endpoint) ?? { failures: 0, openUntil: null };
        const dueAt = Math.min(...asKnown(events).map(dueOf));
        return dueAt === Infinity ? [] : [{ endpoint, dueAt, failures, openUntil }];
      });
      await nextLook.looked(found.length === 0 ? null : Math.min(...found.map(({ dueAt }) => dueAt)), now);
      return found;
    },

    lease: async (endpoint, limit, now) =>
      lease((await pendingAt(endpoint)).filter((event) => dueOf(event) <= now).slice(0, limit), now),

    async leaseThese(ids, now) {
      const found = await Promise.all(ids.map(pending));
      return lease(
        found.flatMap((event) => (event !== null && dueOf(event) <= now ? [event] : [])),
        now,
      );
    },

    listDue: async (endpoint, limit, now) =>
      (await pendingAt(endpoint))
        .filter((event) => dueOf(event) <= now)
        .slice(0, limit)
        .map(({ id }) => id),

    async endpointsOf(ids, now) {
      const found = await Promise.all(ids.map(pending));
      const states = await entries.states([...new Set(ids.map(endpointIdOf))]);
      return new Map(
        found.flatMap((event) => {
          if (event === null || dueOf(event) > now) return [];
          return (states.get(event.endpoint)?.failures ?? 0) < BREAKER_FAILURES ? [[event.id, event.endpoint]] : [];
        }),
      );
    },

    async takeProbe(endpoint, now) {
      const state = (await entries.states([endpoint])).get(endpoint);
      return (state?.failures ?? 0) >= BREAKER_FAILURES && (state?.openUntil ?? 0) <= now;
    },

    async settle(settlements, { endpoint, answered, failures: failed }, now) {
      await Promise.all(
        settlements.map(({ event: { attempt, ...event }, status, dueAt, lastStatus, lastError }) =>
          save({ ...event, status, attempts: attempt, dueAt, lastStatus, lastError }),
        ),
      );
      const before = (await entries.states([endpoint])).get(endpoint)?.failures ?? 0;
      const failures = (answered ? 0 : before) + failed;
      if (failures > 0) await entries.setState(endpoint, { failures, openUntil: openUntil(failures, now) });
      else if (before > 0) await entries.setState(endpoint, null);
      for (const { dueAt } of settlements) if (dueAt !== null) await nextLook.notAfter(dueAt);
    },

    async release(events, now) {
      await Promise.all(
        events.map(({ attempt, ...event }) => save({ ...event, status: "pending", attempts: attempt - 1, dueAt: now })),
      );
      await nextLook.notAfter(now);
    },

    failRemoved: async (endpoint, _now, limit) => fail((await pendingAt(endpoint)).slice(0, limit), "endpoint-removed"),

    failOverdue: async (endpoint, now, limit) =>
      fail((await pendingAt(endpoint)).filter((event) => isOverdue(event, now)).slice(0, limit), "endpoint-down"),

    list: (filter, limit, after) =>
      telling === null ? Promise.resolve({ items: [], next: null }) : listEvents(entries, filter, limit, after),

    get: search,

    async resend(id, now) {
      const event = await search(id);
      if (event === null || !(await configured()).includes(event.endpoint)) return event;
      return rearm(event, now);
    },

    async resendFailed(limit, now) {
      const endpoints = await configured();
      const { events } = await entries.list(eventPrefix("failed"), LIST_KEYS, null);
      const failed = events.filter(({ endpoint }) => endpoints.includes(endpoint)).toReversed();
      const chosen = failed.slice(0, Math.min(limit, KV_AT_ONCE));
      for (const event of chosen) await rearm(event, now);
      return { ids: chosen.map(({ id }) => id), left: failed.length - chosen.length };
    },

    async tellAgain(jobId, now) {
      const kept = (await claims.readJobs([jobId])).get(jobId)?.kept;
      if (kept === undefined) return null;
      const { state, terminal } = kept.summary;
      const type = terminal ? "job.finished" : "job.updated";
      const row = { job_id: jobId, delivery_id: kept.delivery.id, state };
      const key = await (type === "job.finished" ? jobEventKey(type, row) : updateKey(row));
      const again = async (endpoint: string) => {
        const id = `evt_${key}${endpoint}`;
        const head = {
          id,
          endpoint,
          type,
          subject: jobId,
          createdAt: now,
          delivery: kept.delivery.id,
          rank: kept.rank,
        } as const;
        return rearm((await search(id)) ?? newEvent(head, now, 0), now);
      };
      return Promise.all((await configured()).map(again));
    },

    /** Events that have ended expire by themselves. */
    purge: async () => ({ rows: 0, isDone: true }),
  };
}

const dueOf = ({ dueAt }: OutboxEvent): number => dueAt ?? Infinity;

const isOverdue = (event: KvEvent, now: number): boolean =>
  dueOf(event) + (PATIENCE_MILLISECONDS[Math.min(event.attempts, MAX_ATTEMPTS)] ?? 0) < now;

function openUntil(failures: number, now: number): number | null {
  if (failures < BREAKER_FAILURES) return null;
  return now + Math.min(BREAKER_MILLISECONDS * 2 ** (failures - BREAKER_FAILURES), BREAKER_LONGEST_MILLISECONDS);
}
