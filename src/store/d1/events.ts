/**
 * How events are written: by an INSERT in the transaction of their cause. It comes before the upsert of the cause, and
 * checks the same condition on the state before. So what changes nothing causes no event. If the answer of a
 * transaction is lost and it runs again, it causes no event either: the lease of the first one ends, and the cron sends
 * it.
 */
import { endpointsOf } from "../../events/endpoints.ts";
import type { EventError, EventType } from "../../events/events.ts";
import { eventKey, jobEventKey } from "../../events/ids.ts";
import { BREAKER_FAILURES, LEASE_MILLISECONDS } from "../../events/limits.ts";
import type { LeasedEvent, Telling } from "../outbox.ts";
import type { Verifying } from "../verdicts.ts";
import { jobRows, type JobRow, readingRow, runRows, type RunRow } from "../rows.ts";
import { type DeliveryReading, READ_ATTEMPTS } from "../store.ts";
import { inChunks } from "./json.ts";
import { NEWEST_CHANGE, shortRank, supersedes } from "./sql.ts";

/** An event as statements give it. */
export interface EventRow {
  id: string;
  endpoint: string;
  type: EventType;
  subject: string;
  delivery_id: string;
  created_at: number;
  attempts: number;
  due_at: number | null;
  status: "pending" | "failed" | "delivered";
  last_status: number | null;
  last_error: EventError | null;
}

export const EVENT_COLUMNS =
  "id, endpoint, type, subject, delivery_id, created_at, attempts, due_at, status, last_status, last_error";

/** A row that may cause an event; `key` is the event's key. */
interface Cause {
  key: string;
  type: EventType;
  subject: string;
  delivery_id: string;
}

/**
 * ?1 JSON list of causes, ?2 of endpoints, ?3 now, ?4 how many events are leased to the writer. If the breaker of an
 * endpoint is not closed, its events are due at once, and wait for the cron. Events that wait for a verdict are due
 * when `held` milliseconds have passed.
 */
export const born = (columns: readonly string[], tables: string, condition: string, change = "''", held = "0") => `
  INSERT INTO events (id, endpoint, type, subject, delivery_id, created_at, attempts, due_at, status)
  SELECT 'evt_' || key || change || endpoint, endpoint, type, subject, delivery_id, ?3, is_leased, ?3 + held + is_leased * ${LEASE_MILLISECONDS}, 'pending'
  FROM (
    SELECT told.key, ${change} AS change, places.value AS endpoint, told.type, told.subject, told.delivery_id, ${held} AS held,
      coalesce(endpoints.failures, 0) < ${BREAKER_FAILURES} AND ${held} = 0 AND row_number() OVER () <= ?4 AS is_leased
    FROM (SELECT ${["key", "type", "subject", "delivery_id", ...columns].map((column) => `value ->> '${column}' AS ${column}`).join(", ")} FROM json_each(?1)) AS told
      CROSS JOIN json_each(?2) AS places LEFT JOIN endpoints ON endpoints.id = places.value ${tables}
    WHERE ${condition}
  ) WHERE true
  ON CONFLICT (id) DO NOTHING
  RETURNING ${EVENT_COLUMNS}`;

/** The number of a change as a part of an id, in SQL. */
export function changeText(number: string): string {
  return `printf('_%x_', ${number})`;
}

/**
 * For kept bytes: the delivery is there, and it came to this receiver or was read here before. So no import brought it.
 */
export const CAME_HERE =
  "EXISTS (SELECT 1 FROM deliveries AS kept WHERE kept.id = told.delivery_id AND (kept.receipts <> '' OR kept.reader > 0))";

/** If a newer reader reads the same delivery, that counts only if it tells another end. */
const saysElse = (table: string) =>
  `(${table}.delivery_id <> told.delivery_id OR ${table}.terminal <> told.terminal OR ${table}.state IS NOT told.state)`;

export const isChanged = (table: string, key: string) =>
  `(${table}.${key} IS NULL OR (${supersedes(table, "told")} AND ${saysElse(table)}))`;

/** The reader's version is at the end of a rank. A new version alone does not change the workflow. */
const withoutReader = (rank: string) => `substr(${shortRank(rank)}, 1, length(${shortRank(rank)}) - 4)`;
const WORKFLOW_IS_NEWS = `(told.workflow_rank IS NOT NULL AND (jobs.workflow_rank IS NULL OR ${withoutReader("jobs.workflow_rank")} < ${withoutReader("told.workflow_rank")}))`;

const JOB_EVENTS = `iif(told.type = 'job.finished',
    told.terminal = 1 AND ${isChanged("jobs", "job_id")},
    ${isChanged("jobs", "job_id")} OR ${WORKFLOW_IS_NEWS})`;

/**
 * A change of a job is named by its number, which the job gets later in the same transaction. As `NUMBER` in sql.ts.
 */
const CHANGE = `iif(told.type = 'job.updated', ${changeText(`max(told.received_at * 1000, ${NEWEST_CHANGE} + 1)`)}, '')`;

const RUN_EVENTS = `told.terminal = 1 AND ${isChanged("runs", "run_id")}`;

/** As `isNews` in sql.ts: a reading by an older reader changes nothing. */
const becomesQuarantined = (ofNone: string) =>
  `iif(deliveries.id IS NULL, ${ofNone}, deliveries.status <> 'quarantined' AND told.reader >= deliveries.reader)`;

/** Events about what CI is asked about wait for its verdict. */
const HELD = `iif(told.held > 0 AND ${isChanged("jobs", "job_id")}, told.held, 0)`;

export const OF_RECORD = ["rank", "terminal", "state"];
const OF_JOB = [...OF_RECORD, "workflow_rank", "received_at", "held"];
const ITS_JOB = "LEFT JOIN jobs ON jobs.job_id = told.subject";
const ITS_RUN = "LEFT JOIN runs ON runs.run_id = told.subject";
const ITS_DELIVERY = "LEFT JOIN deliveries ON deliveries.id = told.subject";

/** For deliveries that arrive in this batch, and for deliveries that are kept already. */
const SQL = {
  arrived: {
    jobs: born(OF_JOB, ITS_JOB, JOB_EVENTS, CHANGE, HELD),
    runs: born(OF_RECORD, ITS_RUN, RUN_EVENTS),
    quarantined: born(["reader"], ITS_DELIVERY, becomesQuarantined("true")),
  },
  kept: {
    jobs: born(OF_JOB, ITS_JOB, `${CAME_HERE} AND (${JOB_EVENTS})`, CHANGE, HELD),
    runs: born(OF_RECORD, ITS_RUN, `${CAME_HERE} AND ${RUN_EVENTS}`),
    quarantined: born(["reader"], ITS_DELIVERY, `${CAME_HERE} AND ${becomesQuarantined("false")}`),
  },
} as const;

/**
 * The events that deliveries may cause; imported ones cause none. If several name one job, only the one with the
 * greatest rank counts.
 */
export async function eventStatements(
  db: D1Database,
  deliveries: readonly DeliveryReading[],
  { urls, types, leased }: Telling,
  verifying: Verifying | null,
  bytes: keyof typeof SQL,
): Promise<D1PreparedStatement[]> {
  const endpoints = JSON.stringify((await endpointsOf(urls)).map(({ id }) => id));
  const now = Date.now();
  const told = deliveries.filter(({ isRestored }) => !isRestored);
  const [jobs, runs, quarantined] = await Promise.all([
    jobCauses(told, types, verifying?.limitMilliseconds ?? 0),
    types.includes("run.finished") ? runCauses(told) : [],
    types.includes("delivery.quarantined") ? quarantineCauses(told) : [],
  ]);
  const bound = (sql: string, causes: readonly Cause[]) =>
    inChunks(causes).map((json) => db.prepare(sql).bind(json, endpoints, now, leased));
  return [
    ...bound(SQL[bytes].jobs, jobs),
    ...bound(SQL[bytes].runs, runs),
    ...bound(SQL[bytes].quarantined, quarantined),
  ];
}

/** The events that are leased to the writer. The others are found when they are due. */
export const bornOf = (results: readonly D1Result<EventRow>[]): LeasedEvent[] =>
  results.flatMap((result) => result.results.filter(({ attempts }) => attempts > 0).map(leasedOf));

export const leasedOf = (row: EventRow): LeasedEvent => ({
  id: row.id,
  endpoint: row.endpoint,
  type: row.type,
  subject: row.subject,
  createdAt: row.created_at,
  attempt: row.attempts,
  leasedUntil: row.due_at ?? 0,
  lastStatus: row.last_status,
  lastError: row.last_error,
  delivery: row.delivery_id,
  rank: null,
});

async function jobCauses(told: readonly DeliveryReading[], types: readonly EventType[], limit: number) {
  const wanted = (["job.finished", "job.updated"] as const).filter((type) => types.includes(type));
  if (wanted.length === 0) return [];
  const rows = greatest(told.flatMap(jobRows), ({ job_id }) => job_id);
  const answers = new Set(told.flatMap(({ id, source }) => (source === "reconcile" ? [id] : [])));
  return Promise.all(
    rows.flatMap((row) =>
      wanted
        .filter((type) => type === "job.updated" || row.terminal === 1)
        .map(async (type) => {
          const { job_id: subject, delivery_id, rank, terminal, state, workflow_rank, received_at } = row;
          const key = await jobEventKey(type, row);
          const held = answers.has(delivery_id) ? 0 : limit;
          return { key, type, subject, delivery_id, rank, terminal, state, workflow_rank, received_at, held };
        }),
    ),
  );
}

const runCauses = (told: readonly DeliveryReading[]) =>
  Promise.all(
    greatest(told.flatMap(runRows), ({ run_id }) => run_id)
      .filter(({ terminal }) => terminal === 1)
      .map(async ({ run_id: subject, delivery_id, rank, terminal, state }) => {
        const type = "run.finished" as const;
        return {
          key: await eventKey(type, subject, delivery_id, state),
          type,
          subject,
          delivery_id,
          rank,
          terminal,
          state,
        };
      }),
  );

const quarantineKey = (delivery: string) => eventKey("delivery.quarantined", delivery);

const quarantineCauses = (told: readonly DeliveryReading[]) =>
  Promise.all(
    told
      .filter(({ reading }) => !reading.ok)
      .map(async ({ id, reading }) => {
        const type = "delivery.quarantined" as const;
        return { key: await quarantineKey(id), type, subject: id, delivery_id: id, reader: readingRow(reading).reader };
      }),
  );

/** The rows with the greatest rank, one for each subject, with the workflow of the greatest workflow rank. */
export function greatest<Row extends JobRow | RunRow>(rows: readonly Row[], subjectOf: (row: Row) => string): Row[] {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const other = found.get(subjectOf(row));
    if (other === undefined) found.set(subjectOf(row), row);
    else found.set(subjectOf(row), { ...(row.rank > other.rank ? row : other), ...greaterWorkflow(row, other) });
  }
  return [...found.values()];
}

function greaterWorkflow(one: JobRow | RunRow, other: JobRow | RunRow) {
  if (!("workflow_rank" in one && "workflow_rank" in other)) return {};
  const [a, b] = [one.workflow_rank ?? "", other.workflow_rank ?? ""];
  return { workflow_rank: (a > b ? a : b) || null };
}

const EXHAUSTED = `
  INSERT INTO events (id, endpoint, type, subject, delivery_id, created_at, attempts, due_at, status)
  SELECT 'evt_' || ?4 || places.value, places.value, 'delivery.quarantined', kept.id, kept.id, ?3, 0, ?3, 'pending'
  FROM deliveries AS kept CROSS JOIN json_each(?2) AS places
  WHERE kept.id = ?1 AND kept.status = 'pending' AND kept.attempts >= ${READ_ATTEMPTS} AND kept.receipts <> ''
  ON CONFLICT (id) DO NOTHING`;

/** For the claim that quarantines a delivery because reading it never finishes. */
export async function exhaustionStatements(
  db: D1Database,
  delivery: string,
  { urls, types }: Telling,
): Promise<D1PreparedStatement[]> {
  if (!types.includes("delivery.quarantined")) return [];
  const endpoints = JSON.stringify((await endpointsOf(urls)).map(({ id }) => id));
  return [db.prepare(EXHAUSTED).bind(delivery, endpoints, Date.now(), await quarantineKey(delivery))];
}
