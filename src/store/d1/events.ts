/**
 * How events come about: an INSERT in the transaction of its cause, which stands before it and asks the question of the
 * upsert that follows, of the state before. So what changes nothing causes no event, and a transaction that is run again
 * after its answer was lost causes none either: then the lease ends, and the cron sends.
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

/** A row that may cause an event: `key` names it. */
interface Cause {
  key: string;
  type: EventType;
  subject: string;
  delivery_id: string;
}

/**
 * ?1 JSON list of causes, ?2 of endpoints, ?3 now, ?4 how many are born leased. Where the breaker of an endpoint is not
 * closed, its events are born due, and wait for the cron; so do those that are held back for so many milliseconds.
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

/** The number of a change in an id, in SQL. */
export function changeText(number: string): string {
  return `printf('_%x_', ${number})`;
}

/** Of bytes that are kept: that they are there, and that they came to this receiver, or were read here before: no export brought them. */
export const CAME_HERE =
  "EXISTS (SELECT 1 FROM deliveries AS kept WHERE kept.id = told.delivery_id AND (kept.receipts <> '' OR kept.reader > 0))";

/** A newer reader's word about the same delivery counts only where it says something else of how the job ended. */
const saysElse = (table: string) =>
  `(${table}.delivery_id <> told.delivery_id OR ${table}.terminal <> told.terminal OR ${table}.state IS NOT told.state)`;

export const isChanged = (table: string, key: string) =>
  `(${table}.${key} IS NULL OR (${supersedes(table, "told")} AND ${saysElse(table)}))`;

/** The reader's version stands at the end, and is no news of the workflow. */
const withoutReader = (rank: string) => `substr(${shortRank(rank)}, 1, length(${shortRank(rank)}) - 4)`;
const WORKFLOW_IS_NEWS = `(told.workflow_rank IS NOT NULL AND (jobs.workflow_rank IS NULL OR ${withoutReader("jobs.workflow_rank")} < ${withoutReader("told.workflow_rank")}))`;

const JOB_EVENTS = `iif(told.type = 'job.finished',
    told.terminal = 1 AND ${isChanged("jobs", "job_id")},
    ${isChanged("jobs", "job_id")} OR ${WORKFLOW_IS_NEWS})`;

/** A change of a job is named by its number, which it is given later in the same transaction. As `NUMBER` of sql.ts. */
const CHANGE = `iif(told.type = 'job.updated', ${changeText(`max(told.received_at * 1000, ${NEWEST_CHANGE} + 1)`)}, '')`;

const RUN_EVENTS = `told.terminal = 1 AND ${isChanged("runs", "run_id")}`;

/** As `isNews` of sql.ts has it: the reading of an older reader is none. */
const becomesQuarantined = (ofNone: string) =>
  `iif(deliveries.id IS NULL, ${ofNone}, deliveries.status <> 'quarantined' AND told.reader >= deliveries.reader)`;

/** What CI is asked about waits for its verdict. */
const HELD = `iif(told.held > 0 AND ${isChanged("jobs", "job_id")}, told.held, 0)`;

export const OF_RECORD = ["rank", "terminal", "state"];
const OF_JOB = [...OF_RECORD, "workflow_rank", "received_at", "held"];
const ITS_JOB = "LEFT JOIN jobs ON jobs.job_id = told.subject";
const ITS_RUN = "LEFT JOIN runs ON runs.run_id = told.subject";
const ITS_DELIVERY = "LEFT JOIN deliveries ON deliveries.id = told.subject";

/** By whether the deliveries arrive with this very batch, or are kept already. */
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

/** What the deliveries may cause; nothing that an export brings. Of several that name one job, only the greatest is asked. */
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

/** Those that are born leased; the others are found when they are due. */
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

/** The rows of greatest rank, one for each subject, with the workflow of whichever tells most of it. */
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

/** For the claim that puts a delivery into quarantine, since its reading never ends. */
export async function exhaustionStatements(
  db: D1Database,
  delivery: string,
  { urls, types }: Telling,
): Promise<D1PreparedStatement[]> {
  if (!types.includes("delivery.quarantined")) return [];
  const endpoints = JSON.stringify((await endpointsOf(urls)).map(({ id }) => id));
  return [db.prepare(EXHAUSTED).bind(delivery, endpoints, Date.now(), await quarantineKey(delivery))];
}
