/**
 * Events in KV: `event:pending:<endpoint>:<id>` until delivered, then `event:delivered:<time>:<id>` or
 * `event:failed:<time>:<id>`, which expire. The list tells what is due. `endpoint:<id>` is the breaker of an endpoint.
 */
import { endpointIdOf } from "../../events/endpoints.ts";
import type { EventError, EventStatus, EventType } from "../../events/events.ts";
import { FAILED_DAYS } from "../../events/limits.ts";
import { newestFirst } from "../keys.ts";
import type { EventHead, LeasedEvent, OutboxEvent } from "../outbox.ts";
import { expirationOf, type ListedKey, type Namespace } from "./namespace.ts";
import type { Retention } from "./retention.ts";

/** The part of an event that lists show. */
interface Facts {
  created_at: number;
  attempts: number;
  due_at: number | null;
}

/** The rest, for which a list may have no room. */
interface Note {
  type: EventType;
  subject: string;
  delivery: string;
  rank: string | null;
  last_status: number | null;
  last_error: EventError | null;
}

/** An event with the delivery and the rank of the reading that caused it. */
export type KvEvent = OutboxEvent & Pick<LeasedEvent, "delivery" | "rank">;

/** The breaker of an endpoint that has failed. */
export interface EndpointState {
  failures: number;
  openUntil: number | null;
}

const FAILED_SECONDS = FAILED_DAYS * 86_400;

export const eventPrefix = (status: EventStatus, endpoint?: string): string =>
  endpoint === undefined ? `event:${status}:` : `event:${status}:${endpoint}:`;

/** The key of an event at present. */
export const keyOf = ({ status, createdAt, id }: Pick<KvEvent, "status" | "createdAt" | "id">): string =>
  status === "pending"
    ? eventPrefix(status, endpointIdOf(id)) + id
    : `${eventPrefix(status)}${newestFirst(createdAt)}:${id}`;

export const newEvent = (
  head: EventHead & Pick<LeasedEvent, "delivery" | "rank">,
  dueAt: number,
  attempts: number,
): KvEvent => ({
  ...head,
  status: "pending",
  attempts,
  dueAt,
  lastStatus: null,
  lastError: null,
});

export const leasedOf = (event: KvEvent): LeasedEvent => ({
  ...event,
  attempt: event.attempts,
  leasedUntil: event.dueAt ?? 0,
});

export type EventEntries = ReturnType<typeof eventEntriesIn>;

export function eventEntriesIn(kv: Namespace, retention: Retention) {
  /** The events of listed keys, in their order. Takes at most one read for each 100. */
  async function ofKeys(keys: readonly ListedKey<Facts>[]): Promise<KvEvent[]> {
    const notes = await kv.notesOf<Note>(keys);
    return keys.flatMap(({ name, metadata }) => {
      const note = notes.get(name);
      if (note === undefined || metadata === null) return [];
      const id = name.slice(name.lastIndexOf(":") + 1);
      return [
        {
          id,
          endpoint: endpointIdOf(id),
          type: note.type,
          subject: note.subject,
          delivery: note.delivery,
          rank: note.rank,
          createdAt: metadata.created_at,
          status: name.split(":")[1] as EventStatus,
          attempts: metadata.attempts,
          dueAt: metadata.due_at,
          lastStatus: note.last_status,
          lastError: note.last_error,
        },
      ];
    });
  }

  return {
    async list(prefix: string, limit: number, cursor: string | null) {
      const page = await kv.list<Facts>(prefix, limit, cursor);
      return { events: await ofKeys(page.keys), cursor: page.cursor };
    },

    /** Null if it is not pending, as far as this location knows. */
    async pending(id: string): Promise<KvEvent | null> {
      const name = keyOf({ status: "pending", createdAt: 0, id });
      const metadata = await kv.metadata<Facts>(name);
      return metadata === null ? null : ((await ofKeys([{ name, metadata }]))[0] ?? null);
    },

    async write(event: KvEvent): Promise<void> {
      const { createdAt: created_at, attempts, dueAt: due_at, type, subject, delivery, rank } = event;
      const facts: Facts = { created_at, attempts, due_at };
      const note: Note = { type, subject, delivery, rank, last_status: event.lastStatus, last_error: event.lastError };
      const life = { pending: null, delivered: retention.events, failed: FAILED_SECONDS }[event.status];
      await kv.setNoted(keyOf(event), facts, note, expirationOf(life, Date.now()));
    },

    remove: (event: KvEvent) => kv.remove(keyOf(event)),

    /** Breakers by endpoint, without those that have not failed lately. */
    async states(endpoints: readonly string[]): Promise<Map<string, EndpointState>> {
      const found = await kv.getMany<EndpointState>(endpoints.map((id) => `endpoint:${id}`));
      return new Map([...found].map(([key, state]) => [key.slice("endpoint:".length), state]));
    },

    setState: (endpoint: string, state: EndpointState | null) =>
      state === null
        ? kv.remove(`endpoint:${endpoint}`)
        : kv.set(`endpoint:${endpoint}`, JSON.stringify(state), expirationOf(FAILED_SECONDS, Date.now())),
  };
}
