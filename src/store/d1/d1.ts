/**
 * The default store: one D1 database. What is written is in write.ts and sql.ts, what is deleted in purge.ts, and
 * what it tells of itself in status.ts; here is what it answers. Tables: docs/storage.md.
 */
import { decodeBody, type Encoding } from "../encoding.ts";
import type { Persistently } from "../retry.ts";
import {
  deliveryOf,
  type DeliveryRow,
  failureRow,
  type JobRow,
  RECORD_COLUMNS,
  RUN_COLUMNS,
  type RunRow,
  runSummaryOf,
  summaryOf,
  versionOf,
  WORKFLOW_COLUMNS,
} from "../rows.ts";
import type { Telling } from "../outbox.ts";
import {
  type Delivery,
  type DeliveryStatus,
  JOB_FILTERS,
  type KeptBody,
  type KeptJob,
  type Position,
  type Store,
  UNFINISHED_READING,
} from "../store.ts";
import { exhaustionStatements } from "./events.ts";
import { conditions, pageOf, positionOf } from "./lists.ts";
import { d1Outbox } from "./outbox.ts";
import { purge } from "./purge.ts";
import { CLAIM_READING, heardAt, RELEASE_READING } from "./sql.ts";
import { check, measure, noteUpkeep, retryUnfinished } from "./status.ts";
import { keep, put, putReadings } from "./write.ts";

const of = (table: string, columns: readonly string[]) => columns.map((column) => `${table}.${column}`).join(", ");

const DELIVERY_COLUMNS = `d.id, d.status, d.format, d.content_type, d.size, d.received_at, ${heardAt("d")} AS heard_at, d.count,
  d.reason_code, d.reason, d.line, d.column_number, (d.body IS NOT NULL OR d.parts > 0) AS has_bytes`;
const BODY_COLUMNS = "d.encoding, d.parts, d.body";
const JOB_COLUMNS = `j.received_at AS first_received_at, ${of("j", ["job_id", ...RECORD_COLUMNS, ...WORKFLOW_COLUMNS])}`;
const RUN_COLUMN_LIST = `r.received_at AS first_received_at, ${of("r", ["run_id", ...RUN_COLUMNS])}`;

/** Outer: a row whose delivery is gone, which nothing here leaves behind, is shown for what it says. */
const JOBS = "FROM jobs AS j LEFT JOIN deliveries AS d ON d.id = j.delivery_id";
const RUNS = "FROM runs AS r LEFT JOIN deliveries AS d ON d.id = r.delivery_id";

/** Those that wait are few: the oldest thousand are enough to find the least tried among. */
const LIST_PENDING = `SELECT id FROM (
    SELECT id, attempts, seq FROM deliveries WHERE status = 'pending' AND status <> 'stored' ORDER BY seq LIMIT 1000
  ) ORDER BY attempts, seq LIMIT ?1`;

type BodyRow = DeliveryRow & { encoding: Encoding; parts: number; body: string | null };

/** The columns of a delivery are null where it is gone. */
type WithDelivery<Row> = Row & { [Column in keyof DeliveryRow]: DeliveryRow[Column] | null } & {
  delivery_id: string;
  first_received_at: number;
};

/** The database, or a session with one copy of it. */
type Reader = Pick<D1Database, "prepare">;

/** `telling` is what events are written for; null where none are. */
export function d1Store(db: D1Database, persistently: Persistently, telling: Telling | null = null): Store {
  const first = <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return persistently(() => statement.first<Row>());
  };
  const all = async <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };

  async function readBody(
    delivery: Delivery,
    { encoding, parts, body }: BodyRow,
    from: Reader = db,
  ): Promise<KeptBody> {
    if (body !== null) return { delivery, body: await decodeBody(delivery.id, encoding, [body]) };
    if (!delivery.hasBytes) return { delivery, body: null };
    const sql = "SELECT body FROM delivery_parts WHERE delivery_id = ?1 AND part < ?2 ORDER BY part";
    const texts = (await all<{ body: string }>(sql, [delivery.id, parts], from)).map((part) => part.body);
    // Retention may come between the two questions.
    if (texts.length < parts) return { delivery: { ...delivery, hasBytes: false }, body: null };
    return { delivery, body: await decodeBody(delivery.id, encoding, texts) };
  }

  return {
    name: "d1",
    filters: JOB_FILTERS,
    consistency: null,
    pollSeconds: { wait: 0.4, page: 3 },
    outbox: d1Outbox(db, persistently, telling),

    keep: (arrivals) => keep(db, persistently, arrivals),

    put: (deliveries) => put(db, persistently, deliveries, telling),

    putReadings: (readings) => putReadings(db, persistently, readings, telling),

    async claimReading(id) {
      const { reason_code, reason } = failureRow(UNFINISHED_READING);
      const events = telling === null ? [] : await exhaustionStatements(db, id, telling);
      const batch = [...events, db.prepare(CLAIM_READING).bind(id, reason_code, reason)];
      const results = await persistently(() => db.batch<{ status: DeliveryStatus }>(batch));
      const row = results.at(-1)?.results[0];
      if (row === undefined) return "not-pending";
      return row.status === "pending" ? "claimed" : "exhausted";
    },

    async releaseReading(id) {
      await first(RELEASE_READING, [id]);
    },

    retryUnfinished: () => retryUnfinished(db, persistently),

    async getJob(jobId) {
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS} ${JOBS} WHERE j.job_id = ?1`;
      const row = await first<WithDelivery<JobRow>>(sql, [jobId]);
      return row === null ? null : keptJob(row);
    },

    /** From the nearest copy of the database; from the primary where that does not know the job, or not its end. */
    async getJobWithBody(jobId, copy = "nearest") {
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} ${JOBS} WHERE j.job_id = ?1`;
      const readFrom = async (copy: Reader) => {
        const row = await first<WithDelivery<JobRow> & BodyRow>(sql, [jobId], copy);
        if (row === null) return null;
        const kept = keptJob(row);
        // Terminal, and by the job's own callback: what a copy that lags does not know is no more than a repeat.
        return { ...kept, ...(await readBody(kept.delivery, row, copy)), isFinal: row.rank.startsWith("11") };
      };
      const nearest = copy === "primary" ? null : await readFrom(db.withSession("first-unconstrained"));
      return nearest?.isFinal === true ? nearest : readFrom(db);
    },

    async listJobs(filter, limit, after) {
      const { where, values } = conditions(filter, after);
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS} ${JOBS} ${where}
        ORDER BY j.received_at DESC, j.job_id DESC LIMIT ?`;
      const rows = await all<WithDelivery<JobRow>>(sql, [...values, limit + 1]);
      return pageOf(rows, limit, keptJob, (row) => [row.first_received_at, row.job_id]);
    },

    async getRun(runId) {
      const sql = `SELECT ${RUN_COLUMN_LIST}, ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} ${RUNS} WHERE r.run_id = ?1`;
      const row = await first<WithDelivery<RunRow> & BodyRow>(sql, [runId]);
      return row === null
        ? null
        : { summary: runSummaryOf(row), rank: row.rank, ...(await readBody(deliveryBehind(row), row)) };
    },

    async getDelivery(id) {
      const row = await first<DeliveryRow>(`SELECT ${DELIVERY_COLUMNS} FROM deliveries AS d WHERE d.id = ?1`, [id]);
      return row === null ? null : deliveryOf(row);
    },

    async getBody(id) {
      const sql = `SELECT ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} FROM deliveries AS d WHERE d.id = ?1`;
      const row = await first<BodyRow>(sql, [id]);
      return row === null ? null : readBody(deliveryOf(row), row);
    },

    async statusesOf(ids) {
      const sql = "SELECT id, status FROM deliveries WHERE id IN (SELECT value FROM json_each(?1))";
      const rows = await all<{ id: string; status: DeliveryStatus }>(sql, [JSON.stringify(ids)]);
      return new Map(rows.map(({ id, status }) => [id, status]));
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

    async listPending(limit) {
      const rows = await all<{ id: string }>(LIST_PENDING, [limit]);
      return rows.map(({ id }) => id);
    },

    async listOldestDeliveries(limit, after) {
      const [seq = 0] = after === null ? [] : positionOf(after, "number");
      const sql = `SELECT d.seq, ${DELIVERY_COLUMNS} FROM deliveries AS d WHERE d.seq > ? ORDER BY d.seq LIMIT ?`;
      const rows = await all<DeliveryRow & { seq: number }>(sql, [seq, limit + 1]);
      return pageOf(rows, limit, deliveryOf, (row) => [row.seq]);
    },

    async countDeliveries(status, after) {
      if (status === "stored") return null;
      const [seq = Number.MAX_SAFE_INTEGER] = after === null ? [] : positionOf(after, "number");
      const sql = "SELECT count(*) AS n FROM deliveries WHERE status = ?1 AND status <> 'stored' AND seq < ?2";
      return (await first<{ n: number }>(sql, [status, seq]))?.n ?? 0;
    },

    purge: (cutoffs) => purge(db, persistently, cutoffs),

    check: () => check(db, persistently),

    measure: () => measure(db, persistently),

    noteUpkeep: (at, spilled) => noteUpkeep(db, persistently, at, spilled),
  };
}

const keptJob = (row: WithDelivery<JobRow>): KeptJob => ({
  summary: summaryOf(row),
  delivery: deliveryBehind(row),
  rank: row.rank,
  version: versionOf(row),
});

function deliveryBehind(row: WithDelivery<object>): Delivery {
  if (row.id !== null) return deliveryOf(row as DeliveryRow);
  const { delivery_id: id, first_received_at: receivedAt } = row;
  return {
    id,
    status: "stored",
    format: null,
    contentType: null,
    size: 0,
    receivedAt,
    lastReceivedAt: receivedAt,
    count: 1,
    failure: null,
    hasBytes: false,
  };
}
