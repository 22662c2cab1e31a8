/** The docs for operators, held to the code: every problem, metric and line of the log, and no link to nowhere. */
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENTS } from "../../src/telemetry/log.ts";
import { metricsText } from "../../src/telemetry/metrics.ts";
import { PROBLEMS } from "../../src/problems.ts";

const fileOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const OPERATIONS = fileOf("docs/operations.md");

const FIGURES = {
  schema: { found: 1, needed: 1 },
  region: "APAC",
  lastReceivedAt: 1_000,
  quarantined: 2,
  upkeepAt: 2_000,
  spilled: 0,
  bytes: 4096,
  deliveriesEver: 9,
  deliveries: { quarantined: 2, pending: 0, "no-job": 1 },
  jobs: { Failed: 3, 'Odd\\"\n': 1 },
  countBound: 500,
  events: { pending: { a1: 2, b2: 1, c3: 4 }, failed: 5, oldestPendingAt: 4_000 },
  expectations: { overdue: 2, oldestDueAt: 5_000 },
  verdicts: { disputed: 1, waiting: 3 },
};

const SWEPT = { endedAt: 3_000, total: { seen: 40, found: 3, fetched: 2 } };

/** Two endpoints of one host, and one that nothing waits for. What waits for c3 waits for an endpoint that was removed. */
const HOSTS = new Map([
  ["a1", "a.example"],
  ["b2", "a.example"],
  ["d4", "d.example"],
]);

const MEASURED = { store: "d1", figures: FIGURES, spillDepth: 4, swept: SWEPT, wrongSettings: 0, hosts: HOSTS };

test("figures are written in the text format of Prometheus", () => {
  expect(metricsText({ ...MEASURED, now: 11_000 })).toMatchInlineSnapshot(`
    "# HELP ci_store_up Whether the store answers and has its tables.
    # TYPE ci_store_up gauge
    ci_store_up{store="d1"} 1
    # HELP ci_schema_version The last migration applied.
    # TYPE ci_schema_version gauge
    ci_schema_version 1
    # HELP ci_schema_version_needed The migration this version needs.
    # TYPE ci_schema_version_needed gauge
    ci_schema_version_needed 1
    # HELP ci_database_bytes Size of the database.
    # TYPE ci_database_bytes gauge
    ci_database_bytes 4096
    # HELP ci_deliveries_total Deliveries ever kept, each counted once.
    # TYPE ci_deliveries_total counter
    ci_deliveries_total 9
    # HELP ci_deliveries Deliveries kept now, by status. Counted up to 500.
    # TYPE ci_deliveries gauge
    ci_deliveries{status="quarantined"} 2
    ci_deliveries{status="pending"} 0
    ci_deliveries{status="no-job"} 1
    # HELP ci_jobs Jobs by state, without Success. Counted up to 500.
    # TYPE ci_jobs gauge
    ci_jobs{state="Failed"} 3
    ci_jobs{state="Odd\\\\\\"\\n"} 1
    # HELP ci_events_pending Events that endpoints were not told of yet. Counted up to 500.
    # TYPE ci_events_pending gauge
    ci_events_pending{endpoint="a.example"} 3
    ci_events_pending{endpoint="d.example"} 0
    ci_events_pending{endpoint="removed"} 4
    # HELP ci_events_failed Events that were given up. Counted up to 500.
    # TYPE ci_events_failed gauge
    ci_events_failed 5
    # HELP ci_events_oldest_pending_age_seconds Since the oldest pending event.
    # TYPE ci_events_oldest_pending_age_seconds gauge
    ci_events_oldest_pending_age_seconds 7
    # HELP ci_spill_depth Deliveries in the spill. Counted up to 1000.
    # TYPE ci_spill_depth gauge
    ci_spill_depth 4
    # HELP ci_jobs_overdue Expected jobs whose time is up. Counted up to 500.
    # TYPE ci_jobs_overdue gauge
    ci_jobs_overdue 2
    # HELP ci_jobs_oldest_overdue_age_seconds Since the time of the job that is overdue the longest.
    # TYPE ci_jobs_oldest_overdue_age_seconds gauge
    ci_jobs_oldest_overdue_age_seconds 6
    # HELP ci_jobs_disputed Jobs whose callback CI disputes. Counted up to 500.
    # TYPE ci_jobs_disputed gauge
    ci_jobs_disputed 1
    # HELP ci_callbacks_unverified Callbacks that CI is still asked about. Counted up to 500.
    # TYPE ci_callbacks_unverified gauge
    ci_callbacks_unverified 3
    # HELP ci_last_sweep_age_seconds Since CI's lists were last walked to their end.
    # TYPE ci_last_sweep_age_seconds gauge
    ci_last_sweep_age_seconds 8
    # HELP ci_sweep_jobs_total Jobs on CI's lists: seen, found to have ended without this receiver's knowing, and fetched. Looked at twice, a job counts twice.
    # TYPE ci_sweep_jobs_total counter
    ci_sweep_jobs_total{what="seen"} 40
    ci_sweep_jobs_total{what="found"} 3
    ci_sweep_jobs_total{what="fetched"} 2
    # HELP ci_wrong_settings Settings that are wrong, so that their defaults are used.
    # TYPE ci_wrong_settings gauge
    ci_wrong_settings 0
    # HELP ci_last_callback_age_seconds Since the last new delivery.
    # TYPE ci_last_callback_age_seconds gauge
    ci_last_callback_age_seconds 10
    # HELP ci_last_upkeep_age_seconds Since the cron last did its duties.
    # TYPE ci_last_upkeep_age_seconds gauge
    ci_last_upkeep_age_seconds 9
    "
  `);
});

test("with the store down, only that and the spill are told", () => {
  expect(metricsText({ ...MEASURED, figures: null, swept: null, now: 0 })).toMatchInlineSnapshot(`
    "# HELP ci_store_up Whether the store answers and has its tables.
    # TYPE ci_store_up gauge
    ci_store_up{store="d1"} 0
    # HELP ci_spill_depth Deliveries in the spill. Counted up to 1000.
    # TYPE ci_spill_depth gauge
    ci_spill_depth 4
    # HELP ci_wrong_settings Settings that are wrong, so that their defaults are used.
    # TYPE ci_wrong_settings gauge
    ci_wrong_settings 0
    "
  `);
});

test("every problem has an entry in the runbook", () => {
  const entries = [...OPERATIONS.matchAll(/^### ([a-z-]+(?:, [a-z-]+)*)$/gm)].flatMap(([, codes]) =>
    codes?.split(", "),
  );
  expect(entries.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});

test("every metric is explained, and no other", () => {
  const text = metricsText({ ...MEASURED, now: 11_000 });
  const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
  const table = OPERATIONS.slice(OPERATIONS.indexOf("| metric |"), OPERATIONS.indexOf("## The log"));
  expect([...new Set(table.match(/ci_\w+/g))].toSorted()).toEqual(names.toSorted());
});

test("every line of the log is explained, and no other", () => {
  const explained = [...OPERATIONS.matchAll(/^\| `([a-z -]+)` \| (?:debug|info|warn|error)[a-z, ]* \|/gm)];
  expect(new Set(explained.map(([, event]) => event))).toEqual(new Set(EVENTS));
});

/** The anchor that a heading has on GitHub. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

test("every link within the docs, and from the tools into them, leads to a heading that is there", () => {
  const sources = [...globSync("docs/*.md"), ...globSync("tools/**/*.ts")];
  const links = sources.flatMap((path) =>
    [...fileOf(path).matchAll(/(?:\]\(|docs\/)?(\w+\.md)?#([a-z][a-z0-9-]+)/g)]
      .filter(([whole]) => whole.startsWith("](") || whole.startsWith("docs/"))
      .map(([, file, anchor]) => [path, file === undefined ? path : `docs/${file}`, anchor] as const),
  );
  expect(links.length).toBeGreaterThan(30);
  const dead = links.filter(([, file, anchor]) => {
    const headings = [...fileOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));
    return !headings.includes(anchor ?? "");
  });
  expect(dead).toEqual([]);
});
