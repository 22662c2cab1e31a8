/** Jobs that are announced, and what CI said, for tests of expectations over HTTP. */
import { env } from "cloudflare:workers";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource } from "../../src/store/store.ts";
import type { ListedJob } from "../../src/wire.ts";
import { segmentation } from "./bodies.ts";
import { type Changes, send, TOKEN } from "./receiver.ts";

export const bearer = { authorization: `Bearer ${TOKEN}` };
export const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });
export const DAY = 86_400_000;

export const put = (jobId: string, body: unknown, changes: Changes = {}, headers: Record<string, string> = bearer) =>
  send(
    `/jobs/${encodeURIComponent(jobId)}/expectation`,
    { method: "PUT", headers, body: typeof body === "string" ? body : JSON.stringify(body) },
    changes,
  );
export const remove = (jobId: string) => send(`/jobs/${jobId}/expectation`, { method: "DELETE", headers: bearer });

export const storeWith = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings).store;

/** An expectation whose time is up already. */
export const expectDue = (jobId: string, dueAt = Date.now() - 1) =>
  (storeWith().expectations as Expectations).put(
    jobId,
    { bucket: null, region: null, queueId: null, tag: null, userData: null },
    dueAt,
    dueAt - 1000,
  );

/** Takes a body in as a callback, or as CI's own answer, without asking anybody. */
export async function take(body: string, source: DeliverySource, changes: Changes = {}): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt: Date.now(), source });
  await intake({ store: storeWith(changes), spill: null }, [arrival]);
}

export interface List {
  jobs: ListedJob[];
  next: string | null;
}
