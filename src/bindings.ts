/** What the Worker is given, as the parts of it that do the work. */
import { FIRST_ATTEMPTS } from "./events/limits.ts";
import { type Forwarder, forwarder } from "./forward/forward.ts";
import type { DueEvent } from "./forward/messages.ts";
import type { Places } from "./intake.ts";
import type { Queued, SendQueue } from "./queue.ts";
import { type Reconciler, reconciler } from "./reconcile/reconciler.ts";
import type { Settings } from "./settings.ts";
import { d1Store } from "./store/d1/d1.ts";
import { kvStore } from "./store/kv/kv.ts";
import type { Telling } from "./store/outbox.ts";
import type { Verifying } from "./store/verdicts.ts";
import { persistent } from "./store/retry.ts";
import { kvSpill } from "./store/spill.ts";
import type { Log } from "./telemetry/log.ts";

/** Bindings that wrangler.toml names only where they are wanted. */
export interface OptionalBindings {
  ANALYTICS?: AnalyticsEngineDataset;
  INTAKE_QUEUE?: Queue<Queued>;
  FORWARD_QUEUE?: Queue<DueEvent>;
}

export type Bindings = Env & OptionalBindings;

const DAY_SECONDS = 86_400;

/** A time of retention, in seconds; null for ever. */
const secondsOf = (days: number): number | null => (days === 0 ? null : days * DAY_SECONDS);

/** With D1 as the store, KV is the spill. `leased` is how many events of a write its caller attempts. */
export function placesOf(env: Env, settings: Settings, leased = FIRST_ATTEMPTS): Places {
  const persistently = persistent(settings.storeDeadlineMilliseconds);
  const telling = tellingOf(settings, leased);
  if (settings.store === "d1")
    return {
      store: d1Store(env.DB, persistently, { telling, verifying: verifyingOf(settings) }),
      spill: kvSpill(env.KV, persistently),
    };
  const { jobs, bytes, quarantined, events } = settings.retentionDays;
  const retention = {
    jobs: secondsOf(jobs),
    bytes: secondsOf(bytes),
    quarantined: secondsOf(quarantined),
    events: secondsOf(events),
  };
  return { store: kvStore(env.KV, persistently, retention, telling), spill: null };
}

/** The queue that callbacks go to first; null where they are written at once. */
export function queueOf({ INTAKE_QUEUE: queue }: OptionalBindings, settings: Settings): SendQueue | null {
  if (settings.intake === "direct" || queue === undefined) return null;
  const persistently = persistent(settings.storeDeadlineMilliseconds);
  return { send: (queued) => persistently(() => queue.send(queued, { contentType: "v8" })) };
}

/** Where nobody is to be told, no event is written. Without a secret to sign with, events are written and wait. */
function tellingOf({ forward: { urls, events: types, secrets } }: Settings, leased: number): Telling | null {
  return urls.length === 0 ? null : { urls, types, leased: secrets.length === 0 ? 0 : leased };
}

/** Where CI is not asked about callbacks, no question is written. */
const verifyingOf = ({ ci: { isVerifying, verifyLimitSeconds } }: Settings): Verifying | null =>
  isVerifying ? { limitMilliseconds: verifyLimitSeconds * 1000 } : null;

/** What tells the user's system. */
export const forwarderOf = (env: OptionalBindings, { store }: Places, settings: Settings, log: Log): Forwarder =>
  forwarder(store, settings.forward, log, env.FORWARD_QUEUE ?? null);

/** What asks CI; null without its keys. */
export function reconcilerOf(places: Places, settings: Settings, forwarder: Forwarder, log: Log): Reconciler | null {
  const { ci, maxBodyBytes: maxBytes, upkeepOperations: operations } = settings;
  return reconciler(places, { settings: ci, maxBytes, operations, teller: forwarder, log });
}
