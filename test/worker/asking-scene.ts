/** The parts of D1 that asking CI needs, and bodies taken in as callbacks or as answers. */
import { env } from "cloudflare:workers";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource, KeptJob, Store } from "../../src/store/store.ts";
import type { Sweeps } from "../../src/store/sweeps.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { Changes } from "./receiver.ts";

export const VERIFYING = { VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" };
export const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };
export const HOUR = 3_600_000;

export const placesWith = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings, 0);
export const store = (changes: Changes = {}): Store => placesWith(changes).store;
export const expectations = (changes: Changes = {}) => store(changes).expectations as Expectations;
export const verdicts = (changes: Changes = {}) => store(changes).verdicts as Verdicts;
export const sweeps = () => store().sweeps as Sweeps;
export const job = async (jobId: string) => (await store().getJob(jobId)) as KeptJob;

/** Takes a body in, as a callback or as CI's answer. */
export async function take(
  body: string,
  source: DeliverySource = "callback",
  changes: Changes = {},
  receivedAt = Date.now(),
): Promise<string> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt, source });
  const [outcome] = await intake(placesWith(changes), [arrival]);
  return outcome?.delivery ?? "";
}

export const expected = async (jobId: string, dueAt = Date.now() - 1, announced = {}) =>
  expectations().put(jobId, { ...NOTHING, ...announced }, dueAt, Date.now());
export const overdue = async (now = Date.now()) =>
  (await expectations().listOverdue(100, null, now)).items.map((item) =>
    "summary" in item ? item.summary.jobId : item.jobId,
  );
