/**
 * The default store: one D1 database. What is put is one batch, which D1 runs as one transaction: the
 * deliveries' rows, and one upsert each for the jobs and runs they name, however many those are. All
 * statements may be run twice. Tables: docs/storage.md. SQL is written here and in the d1-… files beside it.
 */
import { decodeBody, encodeBody, type Encoding } from "../encoding.ts";
import { conditions, pageOf, positionOf } from "./lists.ts";
import { purge } from "./purge.ts";
import { check, measure, noteUpkeep } from "./status.ts";
import type { Persistently } from "../retry.ts";
import {
  deliveryOf,
  deliveryRow,
  type DeliveryRow,
  jobRows,
  type JobRow,
  RECORD_COLUMNS,
  RUN_COLUMNS,
  type RunRow,
  runRows,
  runSummaryOf,
  summaryOf,
  versionOf,
  WORKFLOW_COLUMNS,
} from "../rows.ts";
import { type Entry, type KeptBody, type KeptJob, type Position, type Store } from "../store.ts";

/** Arrivals remembered with a delivery, 8 characters each: a write tried again within the last 16 is not counted again. */
const RECEIPTS_CHARACTERS = 16 * 8;

/** Longest JSON text given to one statement, in characters of at most 3 bytes; D1 takes 2,000,000 bytes. */
const JSON_CHARACTERS = 600_000;

const isNew = "instr(deliveries.receipts, excluded.receipts) = 0";
const unlessPending = (column: string) =>
  `${column} = iif(excluded.status = 'pending', deliveries.${column}, excluded.${column})`;
const unlessKept = (column: string) =>
  `${column} = iif(deliveries.body IS NULL AND deliveries.parts = 0, excluded.${column}, deliveries.${column})`;

const READING_COLUMNS = ["status", "format", "reason_code", "reason", "line", "column_number"] as const;
const BODY_COLUMNS = ["encoding", "parts", "body"] as const;
const ARRIVAL_COLUMNS = [
  "id",
  ...READING_COLUMNS,
  "content_type",
  "size",
  "received_at",
  "receipts",
  ...BODY_COLUMNS,
] as const;

/** D1 binds at most 100 values to a statement. Fewer statements are less work, and the free plan allows 50 to a call. */
const DELIVERIES_PER_STATEMENT = Math.floor(100 / ARRIVAL_COLUMNS.length);

const putDeliveries = (deliveries: number) => `
  INSERT INTO deliveries (count, ${ARRIVAL_COLUMNS.join(", ")})
  VALUES ${Array.from({ length: deliveries }, () => `(1${", ?".repeat(ARRIVAL_COLUMNS.length)})`).join(", ")}
  ON CONFLICT (id) DO UPDATE SET
    count = deliveries.count + (${isNew}),
    receipts = iif(${isNew}, substr(excluded.receipts || deliveries.receipts, 1, ${RECEIPTS_CHARACTERS}), deliveries.receipts),
    ${READING_COLUMNS.map(unlessPending).join(", ")},
    ${BODY_COLUMNS.map(unlessKept).join(", ")}
  RETURNING id, count`;

/** Retention looks at each place in the order of arrival once: what changes after that goes to the end, to be met again. */
const LAST = "(SELECT max(seq) + 1 FROM deliveries)";

/** For a delivery whose bytes are there: only what they say is news. */
const PUT_READING = `
  UPDATE deliveries SET seq = iif(status IN ('pending', 'quarantined') AND status <> ?2, ${LAST}, seq),
    ${READING_COLUMNS.map((column, index) => `${column} = ?${index + 2}`).join(", ")}
  WHERE id = ?1 RETURNING id, count`;

const PUT_PART = "INSERT INTO delivery_parts (delivery_id, part, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

const JOB_COLUMNS = ["job_id", "received_at", ...RECORD_COLUMNS, ...WORKFLOW_COLUMNS];
const fromJson = (columns: readonly string[]) => columns.map((column) => `value ->> '${column}'`).join(", ");

const takeOver = (columns: readonly string[]) => columns.map((column) => `${column} = excluded.${column}`).join(", ");

/** A greater rank is the record; the same delivery read by another reader replaces itself. */
const supersedes = (table: string) =>
  `excluded.rank > ${table}.rank OR (excluded.delivery_id = ${table}.delivery_id AND excluded.rank <> ${table}.rank)`;

const PUT_JOBS = `
  INSERT INTO jobs (${JOB_COLUMNS.join(", ")})
  SELECT ${fromJson(JOB_COLUMNS)} FROM json_each(?1) WHERE true
  ON CONFLICT (job_id) DO UPDATE SET ${takeOver(RECORD_COLUMNS)}
  WHERE ${supersedes("jobs")}`;

const PUT_WORKFLOWS = `
  UPDATE jobs SET ${WORKFLOW_COLUMNS.map((column) => `${column} = told.value ->> '${column}'`).join(", ")}
  FROM json_each(?1) AS told
  WHERE jobs.job_id = told.value ->> 'job_id'
    AND (jobs.workflow_rank IS NULL OR jobs.workflow_rank < told.value ->> 'workflow_rank')`;

const PUT_RUNS = `
  INSERT INTO runs (run_id, received_at, ${RUN_COLUMNS.join(", ")})
  SELECT ${fromJson(["run_id", "received_at", ...RUN_COLUMNS])} FROM json_each(?1) WHERE true
  ON CONFLICT (run_id) DO UPDATE SET ${takeOver(RUN_COLUMNS)}
  WHERE ${supersedes("runs")}`;

const DELIVERY_COLUMNS = `d.id, d.status, d.format, d.content_type, d.size, d.received_at, d.count,
  d.reason_code, d.reason, d.line, d.column_number, (d.body IS NOT NULL OR d.parts > 0) AS has_bytes`;
const DELIVERY_WITH_BODY = `${DELIVERY_COLUMNS}, d.encoding, d.parts, d.body`;
const JOB_FIELDS = `j.received_at AS job_received_at, ${JOB_COLUMNS.filter((column) => column !== "received_at")
  .map((column) => `j.${column}`)
  .join(", ")}`;
const RUN_FIELDS = ["run_id", ...RUN_COLUMNS].map((column) => `r.${column}`).join(", ");
const JOB_WITH_DELIVERY = "FROM jobs AS j JOIN deliveries AS d ON d.id = j.delivery_id";

type BodyRow = DeliveryRow & { encoding: Encoding; parts: number; body: string | null };
type ListedJobRow = JobRow & DeliveryRow & { job_received_at: number };

/** The database, or a session with one copy of it. */
type Reader = Pick<D1Database, "prepare">;

export function d1Store(db: D1Database, persistently: Persistently): Store {
  const first = <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return persistently(() => statement.first<Row>());
  };
  const all = async <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };

  async function readBody(row: BodyRow, from: Reader = db): Promise<KeptBody> {
    const delivery = deliveryOf(row);
    if (row.body !== null) return { delivery, body: await decodeBody(row.encoding, [row.body]) };
    if (row.parts === 0) return { delivery, body: null };
    const sql = "SELECT body FROM delivery_parts WHERE delivery_id = ?1 AND part < ?2 ORDER BY part";
    const parts = (await all<{ body: string }>(sql, [row.id, row.parts], from)).map((part) => part.body);
    // Retention may come between the two questions.
    if (parts.length < row.parts) return { delivery: { ...delivery, hasBytes: false }, body: null };
    return { delivery, body: await decodeBody(row.encoding, parts) };
  }

  return {
    name: "d1",

    async put(entries) {
      const arrived = await Promise.all(entries.filter(({ bodyIsKept }) => !bodyIsKept).map(encodeArrival));
      const jobs = entries.flatMap(jobRows);
      const deliveries = [
        ...inGroups(arrived, DELIVERIES_PER_STATEMENT).map((group) =>
          db.prepare(putDeliveries(group.length)).bind(...group.flatMap(({ values }) => values)),
        ),
        ...entries
          .filter(({ bodyIsKept }) => bodyIsKept)
          .map((entry) => db.prepare(PUT_READING).bind(...readingValues(entry))),
      ];
      const batch = [
        ...deliveries,
        ...arrived.flatMap(({ id, parts }) => parts.map((body, part) => db.prepare(PUT_PART).bind(id, part, body))),
        ...inChunks(jobs).map((json) => db.prepare(PUT_JOBS).bind(json)),
        ...inChunks(greatestPerJob(jobs)).map((json) => db.prepare(PUT_WORKFLOWS).bind(json)),
        ...inChunks(entries.flatMap(runRows)).map((json) => db.prepare(PUT_RUNS).bind(json)),
      ];
      const results = await persistently(() => db.batch<{ id: string; count: number }>(batch));
      const counts = Map.groupBy(
        results.slice(0, deliveries.length).flatMap((result) => result.results),
        ({ id }) => id,
      );
      return entries.map(({ id }) => counts.get(id)?.shift()?.count ?? 0);
    },

    async getJob(jobId) {
      const sql = `SELECT ${JOB_FIELDS}, ${DELIVERY_COLUMNS} ${JOB_WITH_DELIVERY} WHERE j.job_id = ?1`;
      const row = await first<ListedJobRow>(sql, [jobId]);
      return row === null ? null : keptJob(row);
    },

    /** From the nearest copy of the database; from the primary where that does not know the job, or not its end. */
    async getJobWithBody(jobId) {
      const sql = `SELECT ${JOB_FIELDS}, ${DELIVERY_WITH_BODY} ${JOB_WITH_DELIVERY} WHERE j.job_id = ?1`;
      const readFrom = async (copy: Reader) => {
        const row = await first<ListedJobRow & BodyRow>(sql, [jobId], copy);
        if (row === null) return null;
        // Terminal, and by the job's own callback: what a copy that lags does not know is no more than a repeat.
        return { ...keptJob(row), ...(await readBody(row, copy)), isFinal: row.rank.startsWith("11") };
      };
      const nearest = await readFrom(db.withSession("first-unconstrained"));
      return nearest?.isFinal === true ? nearest : readFrom(db);
    },

    async listJobs(filter, limit, after) {
      const { where, values } = conditions(filter, after);
      const sql = `SELECT ${JOB_FIELDS}, ${DELIVERY_COLUMNS} ${JOB_WITH_DELIVERY} ${where}
        ORDER BY j.received_at DESC, j.job_id DESC LIMIT ?`;
      const rows = await all<ListedJobRow>(sql, [...values, limit + 1]);
      return pageOf(rows, limit, keptJob, (row) => [row.job_received_at, row.job_id]);
    },

    async getRun(runId) {
      const sql = `SELECT ${RUN_FIELDS}, ${DELIVERY_WITH_BODY} FROM runs AS r JOIN deliveries AS d ON d.id = r.delivery_id WHERE r.run_id = ?1`;
      const row = await first<RunRow & BodyRow>(sql, [runId]);
      return row === null ? null : { summary: runSummaryOf(row), ...(await readBody(row)) };
    },

    async getDelivery(id) {
      const row = await first<DeliveryRow>(`SELECT ${DELIVERY_COLUMNS} FROM deliveries AS d WHERE d.id = ?1`, [id]);
      return row === null ? null : deliveryOf(row);
    },

    async getBody(id) {
      const row = await first<BodyRow>(`SELECT ${DELIVERY_WITH_BODY} FROM deliveries AS d WHERE d.id = ?1`, [id]);
      return row === null ? null : readBody(row);
    },

    async listDeliveries({ status }, limit, after) {
      const terms = status === undefined ? ["true"] : ["d.status = ?"];
      if (status !== undefined && status !== "stored") terms.push("d.status <> 'stored'");
      if (after !== null) terms.push("d.seq < ?");
      const position = after === null ? [] : positionOf(after, "number");
      const sql = `SELECT d.seq, ${DELIVERY_COLUMNS} FROM deliveries AS d WHERE ${terms.join(" AND ")} ORDER BY d.seq DESC LIMIT ?`;
      const bound = [...(status === undefined ? [] : [status]), ...position, limit + 1];
      const rows = await all<DeliveryRow & { seq: number }>(sql, bound);
      return pageOf(rows, limit, deliveryOf, (row) => [row.seq]);
    },

    async countDeliveries(status, after) {
      if (status === "stored") return null;
      const sql = "SELECT count(*) AS n FROM deliveries WHERE status = ?1 AND status <> 'stored' AND seq < ?2";
      return (await first<{ n: number }>(sql, [status, after?.[0] ?? Number.MAX_SAFE_INTEGER]))?.n ?? 0;
    },

    purge: (cutoffs) => purge(db, persistently, cutoffs),

    check: () => check(db, persistently),

    measure: () => measure(db, persistently),

    noteUpkeep: (at, spilled) => noteUpkeep(db, persistently, at, spilled),
  };
}

/** An arrival as the values of its row, and the parts of a body that one row does not hold. */
async function encodeArrival(entry: Entry) {
  const { encoding, parts } = await encodeBody(entry.body, entry.size);
  const [whole = null] = parts.length === 1 ? parts : [];
  const split = whole === null ? parts : [];
  const row = { ...deliveryRow(entry), receipts: entry.receipt, encoding, parts: split.length, body: whole };
  return { id: entry.id, values: ARRIVAL_COLUMNS.map((column) => row[column]), parts: split };
}

/** What the reading of a body says of its delivery, after the delivery's id. */
function readingValues(entry: Entry) {
  const row = deliveryRow(entry);
  return (["id", ...READING_COLUMNS] as const).map((column) => row[column]);
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return groups;
}

/** JSON arrays of the rows, none longer than one statement takes. */
function inChunks(rows: readonly object[]): string[] {
  const chunks: string[] = [];
  let chunk = "";
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (chunk !== "" && chunk.length + json.length > JSON_CHARACTERS) {
      chunks.push(`[${chunk}]`);
      chunk = "";
    }
    chunk += chunk === "" ? json : `,${json}`;
  }
  return chunk === "" ? chunks : [...chunks, `[${chunk}]`];
}

/** Of the rows that tell a job's workflow, the one of greatest rank for each job: an UPDATE takes any of several. */
function greatestPerJob(rows: readonly JobRow[]): JobRow[] {
  const greatest = new Map<string, JobRow>();
  for (const row of rows) {
    const other = greatest.get(row.job_id)?.workflow_rank ?? "";
    if (row.workflow_rank !== null && row.workflow_rank > other) greatest.set(row.job_id, row);
  }
  return [...greatest.values()];
}

const keptJob = (row: JobRow & DeliveryRow): KeptJob => ({
  summary: summaryOf(row),
  delivery: deliveryOf(row),
  version: versionOf(row),
});
