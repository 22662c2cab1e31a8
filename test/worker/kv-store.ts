/** The KV store on the real namespace, or on one with a layer around it, and what its tests ask of it. */
import { env } from "cloudflare:workers";
import { intake, nameArrival } from "../../src/intake.ts";
import { kvStore } from "../../src/store/kv/kv.ts";
import type { Retention } from "../../src/store/kv/retention.ts";
import { persistent } from "../../src/store/retry.ts";
import type { Arrival, Store } from "../../src/store/store.ts";
import type { Page, Position } from "../../src/store/lists.ts";

export const NEVER: Retention = { jobs: null, bytes: null, quarantined: null, events: null };
export const DAY_SECONDS = 86_400;
export const DAY = DAY_SECONDS * 1000;

export const storeOn = (KV: KVNamespace, retention: Partial<Retention> = {}): Store =>
  kvStore(KV, persistent(5_000), { ...NEVER, ...retention }, null);
export const store = storeOn(env.KV);

let clock = Date.now();

/** Arrivals a second apart, so that lists have an order. */
export const arrivalOf = (body: string, receivedAt = (clock += 1_000)): Promise<Arrival> =>
  nameArrival({ bytes: new TextEncoder().encode(body), contentType: "application/xml", receivedAt });

export async function takeIn(body: string, into: Store = store, receivedAt?: number): Promise<Arrival> {
  const arrival = await arrivalOf(body, receivedAt);
  await intake({ store: into, spill: null }, [arrival]);
  return arrival;
}

export async function all<T>(list: (after: Position | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: Position | null = null;
  do {
    const page: Page<T> = await list(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** How often each of these jobs is listed, in pages of three. */
export async function listed(jobIds: readonly string[], from: Store = store): Promise<string[]> {
  const jobs = await all((after) => from.listJobs({}, 3, after));
  return jobs.map(({ summary }) => summary.jobId).filter((jobId) => jobIds.includes(jobId));
}

export async function keysOf(part: string): Promise<KVNamespaceListKey<unknown>[]> {
  const { keys } = await env.KV.list();
  return keys.filter(({ name }) => name.includes(part));
}
