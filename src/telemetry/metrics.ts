/** `GET /metrics` in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats). Pure. */
import type { Figures } from "../store/figures.ts";

/** What the sweep of CI's lists has found: `src/reconcile/sweep-state.ts`. */
interface Swept {
  endedAt: number | null;
  total: { seen: number; found: number; fetched: number };
}

export interface Measured {
  store: string;
  /** Null if the store could not be asked. */
  figures: Figures | null;
  /** Null if there is no spill, or it could not be asked. */
  spillDepth: number | null;
  /** Null if nothing is swept, or it could not be asked. */
  swept: Swept | null;
  /** How many settings are wrong, so that their defaults are used. */
  wrongSettings: number;
  /** The hosts of endpoints by their ids. */
  hosts: ReadonlyMap<string, string>;
  /** Milliseconds since 1970. */
  now: number;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined];

export function metricsText({ store, figures, spillDepth, swept, wrongSettings, hosts, now }: Measured): string {
  const one = (value: number | null | undefined): Sample[] => [[{}, value]];
  const age = (at: number | null | undefined) => one(at == null ? null : (now - at) / 1000);
  const bound = figures === null ? "" : ` Counted up to ${figures.countBound}.`;
  const counts = (name: string, of: object): Sample[] =>
    Object.entries(of).map(([value, count]) => [{ [name]: value }, count as number]);
  return [
    gauge("ci_store_up", "Whether the store answers and has its tables.", [[{ store }, figures === null ? 0 : 1]]),
    gauge("ci_schema_version", "The last migration applied.", one(figures?.schema?.found)),
    gauge("ci_schema_version_needed", "The migration this version needs.", one(figures?.schema?.needed)),
    gauge("ci_database_bytes", "Size of the database.", one(figures?.bytes)),
    counter("ci_deliveries_total", "Deliveries ever kept, each counted once.", one(figures?.deliveriesEver)),
    gauge("ci_deliveries", `Deliveries kept now, by status.${bound}`, counts("status", figures?.deliveries ?? {})),
    gauge("ci_jobs", `Jobs by state, without Success.${bound}`, counts("state", figures?.jobs ?? {})),
    gauge("ci_events_pending", `Events that endpoints were not told of yet.${bound}`, pending(figures, hosts)),
    gauge("ci_events_failed", `Events that were given up.${bound}`, one(figures?.events?.failed)),
    gauge(
      "ci_events_oldest_pending_age_seconds",
      "Since the oldest pending event.",
      age(figures?.events?.oldestPendingAt),
    ),
    gauge("ci_spill_depth", "Deliveries in the spill. Counted up to 1000.", one(spillDepth)),
    gauge("ci_jobs_overdue", `Expected jobs whose time is up.${bound}`, one(figures?.expectations?.overdue)),
    gauge(
      "ci_jobs_oldest_overdue_age_seconds",
      "Since the time of the job that is overdue the longest.",
      age(figures?.expectations?.oldestDueAt),
    ),
    gauge("ci_jobs_disputed", `Jobs whose callback CI disputes.${bound}`, one(figures?.verdicts?.disputed)),
    gauge(
      "ci_callbacks_unverified",
      `Callbacks that CI is still asked about.${bound}`,
      one(figures?.verdicts?.waiting),
    ),
    gauge("ci_last_sweep_age_seconds", "Since CI's lists were last walked to their end.", age(swept?.endedAt)),
    counter("ci_sweep_jobs_total", SWEEP_HELP, swept === null ? [] : counts("what", swept.total)),
    gauge("ci_wrong_settings", "Settings that are wrong, so that their defaults are used.", one(wrongSettings)),
    gauge("ci_last_callback_age_seconds", "Since the last new delivery.", age(figures?.lastReceivedAt)),
    gauge("ci_last_upkeep_age_seconds", "Since the cron last did its duties.", age(figures?.upkeepAt)),
  ].join("");
}

const SWEEP_HELP =
  "Jobs on CI's lists: seen, found to have ended without this receiver's knowing, and fetched. Looked at twice, a job counts twice.";

/** Pending events by host. Two endpoints may have the same host, and that of a removed endpoint is not known. */
function pending(figures: Figures | null, hosts: ReadonlyMap<string, string>): Sample[] {
  const counts = new Map([...hosts.values()].map((host) => [host, 0]));
  for (const [id, count] of Object.entries(figures?.events?.pending ?? {})) {
    const host = hosts.get(id) ?? "removed";
    counts.set(host, (counts.get(host) ?? 0) + count);
  }
  return figures?.events == null ? [] : [...counts].map(([endpoint, count]) => [{ endpoint }, count]);
}

const gauge = (name: string, help: string, samples: readonly Sample[]) => family(name, "gauge", help, samples);
const counter = (name: string, help: string, samples: readonly Sample[]) => family(name, "counter", help, samples);

/** A metric with its samples; nothing if no sample has a value. */
function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([labels, value]) => `${name}${labelsText(labels)} ${value}\n`);
  return lines.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

/** A label may be whatever a sender says, so it is cut if it is too long, and escaped. */
const LABEL_CHARACTERS = 100;

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value.slice(0, LABEL_CHARACTERS))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
