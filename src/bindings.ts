/** What the Worker is given, as the parts of it that do the work. */
import type { Places } from "./intake.ts";
import type { Queued, SendQueue } from "./queue.ts";
import type { Settings } from "./settings.ts";
import { d1Store } from "./store/d1/d1.ts";
import { kvStore } from "./store/kv/kv.ts";
import { persistent } from "./store/retry.ts";
import { kvSpill } from "./store/spill.ts";

/** Bindings that wrangler.toml names only where they are wanted. */
export interface OptionalBindings {
  ANALYTICS?: AnalyticsEngineDataset;
  INTAKE_QUEUE?: Queue<Queued>;
}

export type Bindings = Env & OptionalBindings;

const DAY_SECONDS = 86_400;

/** A time of retention, in seconds; null for ever. */
const secondsOf = (days: number): number | null => (days === 0 ? null : days * DAY_SECONDS);

/** With D1 as the store, KV is the spill. */
export function placesOf(env: Env, settings: Settings): Places {
  const persistently = persistent(settings.storeDeadlineMilliseconds);
  if (settings.store === "d1") return { store: d1Store(env.DB, persistently), spill: kvSpill(env.KV, persistently) };
  const { jobs, bytes, quarantined } = settings.retentionDays;
  const retention = { jobs: secondsOf(jobs), bytes: secondsOf(bytes), quarantined: secondsOf(quarantined) };
  return { store: kvStore(env.KV, persistently, retention), spill: null };
}

/** The queue that callbacks go to first; null where they are written at once. */
export function queueOf({ INTAKE_QUEUE: queue }: OptionalBindings, settings: Settings): SendQueue | null {
  if (settings.intake === "direct" || queue === undefined) return null;
  const persistently = persistent(settings.storeDeadlineMilliseconds);
  return { send: (queued) => persistently(() => queue.send(queued, { contentType: "v8" })) };
}
