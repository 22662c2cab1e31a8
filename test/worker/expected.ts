/** What a receiver keeps for asking CI, as its tests reach it: expectations by the API and in the store, and bodies from CI. */
import { env } from "cloudflare:workers";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource, KeptJob, Store } from "../../src/store/store.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { ListedJob } from "../../src/wire.ts";
import { segmentation } from "./bodies.ts";
import { type Changes, send, TOKEN } from "./receiver.ts";

export const bearer = { authorization: `Bearer ${TOKEN}` };

/** A page of a list of jobs. */
export interface JobList {
  jobs: ListedJob[];
  next: string | null;
}

/** An announcement that says nothing but the job. */
export const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };

const placesWith = (changes: Changes) => placesOf(env, readSettings({ ...env, ...changes }).settings, 0);

export const storeWith = (changes: Changes = {}): Store => placesWith(changes).store;
export const expectations = (changes: Changes = {}) => storeWith(changes).expectations as Expectations;
export const verdicts = (changes: Changes = {}) => storeWith(changes).verdicts as Verdicts;

/** The record of a job that there is. */
export const recordOf = async (jobId: string) => (await storeWith().getJob(jobId)) as KeptJob;

/** The callback of a job that has not ended. */
export const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });

/** Announces a job by the API. */
export const announce = (
  jobId: string,
  body: unknown,
  changes: Changes = {},
  headers: Record<string, string> = bearer,
) =>
  send(
    `/jobs/${encodeURIComponent(jobId)}/expectation`,
    { method: "PUT", headers, body: typeof body === "string" ? body : JSON.stringify(body) },
    changes,
  );

/** An expectation whose time is up, unless told otherwise. */
export const expectDue = (jobId: string, dueAt = Date.now() - 1, announced = {}) =>
  expectations().put(jobId, { ...NOTHING, ...announced }, dueAt, Math.min(dueAt, Date.now()));

/** Takes a body in as a callback, or as CI's own answer, without asking anybody; gives the id of the delivery. */
export async function take(
  body: string,
  source: DeliverySource = "callback",
  changes: Changes = {},
  receivedAt = Date.now(),
): Promise<string> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt, source });
  const [outcome] = await intake({ ...placesWith(changes), spill: null }, [arrival]);
  return outcome?.delivery ?? "";
}

/** Removes all that is kept for asking, and the events. */
export const forgetAsking = () =>
  env.DB.batch(["expectations", "verdicts", "sweeps", "events"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
