/** Whether the receiver can do its work: `/readyz` for anybody, with few reads; `/metrics` for holders of a token. */
import type { Context } from "hono";
import { readSweeps, type SweepSummary } from "../reconcile/sweep-summary.ts";
import { metricsText } from "../telemetry/metrics.ts";
import { problemResponse } from "../problems.ts";
import { faultText, missingSecrets } from "../settings.ts";
import { StoreError } from "../store/retry.ts";
import type { Health } from "../store/figures.ts";
import type { Store } from "../store/store.ts";
import { timeOf } from "../wire.ts";
import { type AppEnv, NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";
import { Readiness } from "./schemas.ts";

export const health = new Routes();

health.get("/readyz", async (c) => {
  const { settings, settingFaults } = c.var;
  const missing = missingSecrets(settings);
  const { state, health: found, swept } = await checkStore(c);
  const checks = {
    store: state,
    schema: found?.schema ?? null,
    missingSecrets: missing,
    wrongSettings: settingFaults.map(({ name }) => name),
  };
  const more = {
    checks,
    store: { name: c.var.places.store.name, region: found?.region ?? null },
    quarantined: found?.quarantined ?? null,
    spilled: found?.spilled ?? null,
    lastUpkeepAt: isoOrNull(found?.upkeepAt),
    lastReceivedAt: isoOrNull(found?.lastReceivedAt),
    sweep: swept === null ? null : { endedAt: isoOrNull(swept.endedAt), ...swept.last },
    at: timeOf(Date.now()),
  };
  if (state === "ok" && missing.length === 0 && settingFaults.length === 0)
    return c.json({ status: "ready", ...more }, 200, NO_STORE);
  const faults = [
    ...missing.map((name) => `The secret ${name} is not set.`),
    ...settingFaults.map(faultText),
    ...(state === "ok" ? [] : [STORE_FAULTS[state]]),
  ];
  return problemResponse(c, { code: "not-ready", detail: faults.join(" "), more });
});

health.get("/metrics", requireToken, async (c) => {
  const { store, spill } = c.var.places;
  const [figures, spillDepth, swept] = await Promise.all([
    orNull(store.measure()),
    orNull(spill?.depth()),
    orNull(readSweeps(store, c.var.settings.ci)),
  ]);
  const wrongSettings = c.var.settingFaults.length;
  const endpoints = await c.var.forwarder.endpoints;
  const hosts = new Map(endpoints.map(({ id, host }) => [id, host]));
  const text = metricsText({ store: store.name, figures, spillDepth, swept, wrongSettings, hosts, now: Date.now() });
  return c.body(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8", ...NO_STORE });
});

const STORE_FAULTS = {
  "migrations are not applied": "The migrations of the database are not applied.",
  "cannot be reached": "The store cannot be reached.",
};

type StoreState = "ok" | "migrations are not applied" | "cannot be reached";

interface StoreCheck {
  state: StoreState;
  health: Health | null;
  /** Null if nothing is swept. */
  swept: SweepSummary | null;
}

/**
 * How long an answer of the store is used again, in milliseconds. Anybody may ask, and each query costs some hundred
 * rows.
 */
const CHECK_MILLISECONDS = 3_000;

/**
 * The last answer of each store that this isolate has asked. Plain data, because a promise must not outlive its
 * request.
 */
const lastChecks = new WeakMap<object, { name: string; at: number; check: StoreCheck }>();

async function checkStore(c: Context<AppEnv>): Promise<StoreCheck> {
  const { store } = c.var.places;
  const binding = c.env.DB ?? c.env.KV;
  const last = lastChecks.get(binding);
  if (last?.name === store.name && Date.now() - last.at < CHECK_MILLISECONDS) return last.check;
  const check = await askStore(c, store);
  lastChecks.set(binding, { name: store.name, at: Date.now(), check });
  return check;
}

async function askStore(c: Context<AppEnv>, store: Store): Promise<StoreCheck> {
  try {
    const found = await store.check();
    const isOlder = found.schema !== null && found.schema.found < found.schema.needed;
    if (isOlder) return { state: "migrations are not applied", health: found, swept: null };
    return { state: "ok", health: found, swept: await readSweeps(store, c.var.settings.ci) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    c.set("fault", error.message);
    return { state: error.isSchema ? "migrations are not applied" : "cannot be reached", health: null, swept: null };
  }
}

const isoOrNull = (at: number | null | undefined): string | null => (at == null ? null : timeOf(at));

/** What a store answers; null if it fails, or there is none. */
async function orNull<T>(asked: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await asked) ?? null;
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /readyz": {
    operationId: "readyz",
    summary: "Whether the receiver can do its work",
    description:
      "Open to all, so it says little, and asks the store at most once in three seconds. `quarantined` is " +
      "counted up to 100; `spilled` is what the last run of the cron left in the spill. `sweep` is the last sweep of CI's lists of jobs: " +
      "how many jobs were `seen`, how many of them were `found` to have ended unknown to this receiver, and how many were `fetched`. " +
      "A member is null if the store cannot tell it cheaply, or if it is not in use.",
    answers: {
      200: {
        description: "Secrets are set, no setting is wrong, and the store answers and has its migrations.",
        schema: Readiness,
      },
    },
    problems: ["not-ready"],
    needsToken: false,
  },
  "GET /metrics": {
    operationId: "metrics",
    summary: "Figures in the text format of Prometheus",
    description:
      "Counts of deliveries by status, jobs by state, the depth of quarantine and spill, the age of the last " +
      "callback, and what asking CI has found. Each count stops at a bound, which its HELP line names, so that a scrape never costs a scan.",
    answers: {
      200: { description: "The figures; `ci_store_up` is 0 if the store cannot be asked.", media: ["text/plain"] },
    },
    problems: ["unauthorized", "too-many-requests"],
    needsToken: true,
  },
});
