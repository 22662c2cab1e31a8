/** The outbox of `STORE=kv` as its tests see it: what is kept of events, and time that passes. */
import { env } from "cloudflare:workers";
import { persistent } from "../../src/store/retry.ts";
import { type EventEntries, eventEntriesIn, type KvEvent } from "../../src/store/kv/event-entries.ts";
import { namespaceOf } from "../../src/store/kv/namespace.ts";
import { type Hook, telling } from "./endpoint.ts";
import { NEVER } from "./kv-store.ts";
import type { Changes } from "./receiver.ts";

export const kvTelling = (...hooks: readonly Pick<Hook, "url">[]): Changes => ({ STORE: "kv", ...telling(...hooks) });

export const entries: EventEntries = eventEntriesIn(namespaceOf(env.KV, persistent(5_000)), NEVER);

/** Every event that is kept, of whichever status. */
export const eventsOf = async (subject: string): Promise<KvEvent[]> =>
  (await entries.list("event:", 1_000, null)).events.filter((event) => event.subject === subject);

/** Removes all events, what is thought of endpoints, and when the next look is. */
export async function forgetEvents(): Promise<void> {
  for (const prefix of ["event:", "endpoint:", "mark:events"]) {
    const { keys } = await env.KV.list({ prefix });
    for (const { name } of keys) await env.KV.delete(name);
  }
}

/** Whatever is pending came due so long ago, and no breaker is open any longer; the cron is to look. */
export async function letPassKv(milliseconds = 0): Promise<void> {
  const { events } = await entries.list("event:pending:", 1_000, null);
  for (const event of events) await entries.write({ ...event, dueAt: Date.now() - milliseconds });
  const { keys } = await env.KV.list({ prefix: "endpoint:" });
  for (const { name } of keys) {
    const state = await env.KV.get<{ failures: number }>(name, "json");
    await env.KV.put(name, JSON.stringify({ failures: state?.failures, openUntil: Date.now() }));
  }
  await env.KV.delete("mark:events");
}
