/** What is there between two steps, in the store and in the spill. */
import { env } from "cloudflare:workers";
import type { DeliveryRecord } from "../../../src/wire.ts";
import type { Seen } from "./ledger.ts";

const SPILL_PREFIX = "spill:";

/** Deliveries as the receiver lists them, each once, and the keys of the spill. */
export async function lookAround(get: (path: string) => Promise<Response>): Promise<Pick<Seen, "stored" | "spilled">> {
  const stored = new Map<string, DeliveryRecord>();
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/deliveries?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const response = await get(path);
    if (response.status !== 200) throw new Error(`deliveries were not listed: ${await response.text()}`);
    const page = await response.json<{ deliveries: DeliveryRecord[]; next: string | null }>();
    for (const delivery of page.deliveries) {
      if (stored.has(delivery.id)) throw new Error(`delivery ${delivery.id} is listed twice`);
      stored.set(delivery.id, delivery);
    }
    cursor = page.next;
  }
  const { keys } = await env.KV.list({ prefix: SPILL_PREFIX });
  return { stored, spilled: new Set(keys.map(({ name }) => name.slice(SPILL_PREFIX.length))) };
}
