/**
 * What a D1 database tells about itself. No figure costs a scan. Each is a row found by its key, or a count along an
 * index that stops at a bound, so it stays cheap however much is kept.
 */
import { READER_VERSION } from "../../callback/callback.ts";
import { type Persistently, StoreError } from "../retry.ts";
import type { ExpectationFigures } from "../expectations.ts";
import type { VerdictFigures } from "../verdicts.ts";
import type { Figures, Health } from "../figures.ts";
import { UNFINISHED_READING } from "../store.ts";
import { pendingFigures } from "./event-lists.ts";
import { GIVE_PLACES, RETRIED_AT_ONCE, RETRY_UNFINISHED } from "./sql.ts";

/** The number of the last file in migrations/: the schema that this version needs. */
export const SCHEMA_VERSION = 5;

/** Where a count stops in a check, for which anybody may ask. */
const CHECK_BOUND = 100;

/** Where a count stops in the figures, for which only holders of a token may ask. */
export const COUNT_BOUND = 500;

/** How many states the figures tell apart. CI has eight, but a state may be any text. */
const STATES_BOUND = 12;

/** The number at the beginning of a migration's name. SQLite reads a text as the number that it begins with. */
const SCHEMA_FOUND = "SELECT CAST(name AS INTEGER) AS version FROM d1_migrations ORDER BY id DESC LIMIT 1";

const countOf = (status: string, bound: number) =>
  `(SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE status = '${status}' AND status <> 'stored' LIMIT ${bound}))`;

const markOf = (name: string) => `(SELECT seq FROM marks WHERE name = '${name}')`;

const healthColumns = (bound: number) => `
  (${SCHEMA_FOUND}) AS version,
  (SELECT received_at FROM deliveries ORDER BY seq DESC LIMIT 1) AS last_received_at,
  ${countOf("quarantined", bound)} AS quarantined,
  ${markOf("upkeep")} AS upkeep_at,
  ${markOf("spilled")} AS spilled`;

const CHECK = `SELECT ${healthColumns(CHECK_BOUND)}`;

const MEASURE = `SELECT ${healthColumns(COUNT_BOUND)},
  (SELECT max(seq) FROM deliveries) AS ever,
  ${countOf("pending", COUNT_BOUND)} AS pending,
  ${countOf("no-job", COUNT_BOUND)} AS no_job`;

/** Steps from state to state along the index of states, without looking at the jobs in between. */
const JOBS_BY_STATE = `
  WITH RECURSIVE states (state) AS (
    SELECT min(state) FROM jobs WHERE state <> 'Success'
    UNION ALL
    SELECT (SELECT min(state) FROM jobs WHERE state > states.state AND state <> 'Success')
    FROM states WHERE states.state IS NOT NULL LIMIT ${STATES_BOUND}
  )
  SELECT state, (
    SELECT count(*) FROM (
      SELECT 1 FROM jobs WHERE jobs.state = states.state AND jobs.state <> 'Success' LIMIT ${COUNT_BOUND}
    )
  ) AS jobs
  FROM states WHERE state IS NOT NULL`;

const PENDING_EVENTS = pendingFigures(COUNT_BOUND);

const FAILED_EVENTS = `SELECT count(*) AS failed FROM (SELECT 1 FROM events WHERE status = 'failed' LIMIT ${COUNT_BOUND})`;

/** ?1 is now. */
const OVERDUE = `
  SELECT count(*) AS overdue, min(due_at) AS oldestDueAt
  FROM (SELECT due_at FROM expectations WHERE is_open = 1 AND due_at <= ?1 ORDER BY due_at LIMIT ${COUNT_BOUND})`;

const VERDICTS = `
  SELECT (SELECT count(*) FROM (
      SELECT 1 FROM verdicts JOIN jobs ON jobs.job_id = verdicts.job_id AND jobs.delivery_id = verdicts.delivery_id
      WHERE verified = 0 LIMIT ${COUNT_BOUND}
    )) AS disputed,
    (SELECT count(*) FROM (SELECT 1 FROM verdicts WHERE ask_at IS NOT NULL LIMIT ${COUNT_BOUND})) AS waiting`;

const NOTE = "INSERT INTO marks (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";

interface HealthRow {
  version: number | null;
  last_received_at: number | null;
  quarantined: number;
  upkeep_at: number | null;
  spilled: number | null;
}

type FiguresRow = HealthRow & { ever: number | null; pending: number; no_job: number };

/** The check. If the schema is older than needed, it has only the schema. Rejects if the database cannot be asked. */
export async function check(db: D1Database, persistently: Persistently): Promise<Health> {
  try {
    const { results, meta } = await persistently(() => db.prepare(CHECK).all<HealthRow>());
    return healthOf(results[0] as HealthRow, meta);
  } catch (error) {
    if (!(error instanceof StoreError) || !error.isSchema) throw error;
    const found = await schemaFound(db, persistently);
    if (found >= SCHEMA_VERSION) throw error;
    return { ...NOTHING_KNOWN, schema: { found, needed: SCHEMA_VERSION } };
  }
}

export async function measure(db: D1Database, persistently: Persistently): Promise<Figures> {
  const asked = [MEASURE, JOBS_BY_STATE, PENDING_EVENTS, FAILED_EVENTS, VERDICTS].map((sql) => db.prepare(sql));
  asked.push(db.prepare(OVERDUE).bind(Date.now()));
  const [figures, states, pending, failed, verdicts, overdue] = (await persistently(() => db.batch(asked))) as [
    D1Result<FiguresRow>,
    D1Result<{ state: string; jobs: number }>,
    D1Result<{ endpoint: string; pending: number; oldest: number }>,
    D1Result<{ failed: number }>,
    D1Result<VerdictFigures>,
    D1Result<ExpectationFigures>,
  ];
  const row = figures.results[0] as FiguresRow;
  const oldest = pending.results.map((waiting) => waiting.oldest);
  return {
    ...healthOf(row, figures.meta),
    bytes: figures.meta.size_after ?? null,
    deliveriesEver: row.ever ?? 0,
    deliveries: { quarantined: row.quarantined, pending: row.pending, "no-job": row.no_job },
    jobs: Object.fromEntries(states.results.map(({ state, jobs }) => [state, jobs])),
    countBound: COUNT_BOUND,
    events: {
      pending: Object.fromEntries(pending.results.map((waiting) => [waiting.endpoint, waiting.pending])),
      failed: failed.results[0]?.failed ?? 0,
      oldestPendingAt: oldest.length === 0 ? null : Math.min(...oldest),
    },
    expectations: overdue.results[0] ?? null,
    verdicts: verdicts.results[0] ?? null,
  };
}

export async function noteUpkeep(db: D1Database, persistently: Persistently, at: number, spilled: number | null) {
  const notes = [db.prepare(NOTE).bind("upkeep", at), db.prepare(GIVE_PLACES)];
  if (spilled !== null) notes.push(db.prepare(NOTE).bind("spilled", spilled));
  await persistently(() => db.batch(notes));
}

/**
 * Each newer reader retries unfinished readings once. When none is left, a mark remembers that this reader has done so.
 */
export async function retryUnfinished(db: D1Database, persistently: Persistently): Promise<number> {
  const known = await persistently(() => db.prepare(`SELECT ${markOf("reader")} AS reader`).first<number>("reader"));
  if (known === READER_VERSION) return 0;
  const retry = db.prepare(RETRY_UNFINISHED).bind(UNFINISHED_READING.kind);
  const { meta } = await persistently(() => retry.run());
  if (meta.changes < RETRIED_AT_ONCE) await persistently(() => db.prepare(NOTE).bind("reader", READER_VERSION).run());
  return meta.changes;
}

const NOTHING_KNOWN = { region: null, lastReceivedAt: null, quarantined: null, upkeepAt: null, spilled: null };

/** The number of the last migration applied; 0 if there is none. */
async function schemaFound(db: D1Database, persistently: Persistently): Promise<number> {
  try {
    return (await persistently(() => db.prepare(SCHEMA_FOUND).first<number>("version"))) ?? 0;
  } catch (error) {
    if (error instanceof StoreError && error.isSchema) return 0;
    throw error;
  }
}

const healthOf = (row: HealthRow, meta: { served_by_region?: string }): Health => ({
  schema: { found: row.version ?? 0, needed: SCHEMA_VERSION },
  region: meta.served_by_region ?? null,
  lastReceivedAt: row.last_received_at,
  quarantined: row.quarantined,
  upkeepAt: row.upkeep_at,
  spilled: row.spilled,
});
