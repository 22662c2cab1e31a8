/**
 * The default store: one D1 database. What is written is in write.ts and sql.ts, what is listed in lists.ts, what is
 * deleted in purge.ts, and what it tells of itself in status.ts; here is what it answers about one job, run or
 * delivery. Tables: docs/storage.md.
 */
import { isFinalRank } from "../../callback/state.ts";
import { decodeBody } from "../encoding.ts";
import type { Persistently } from "../retry.ts";
import { deliveryOf, runSummaryOf } from "../from-rows.ts";
import { failureRow, type RunRow } from "../rows.ts";
import { type Delivery, type DeliveryStatus, type KeptBody, type Store, UNFINISHED_READING } from "../store.ts";
import { JOB_FILTERS, type Position } from "../lists.ts";
import {
  BODY_COLUMNS,
  type BodyRow,
  DELIVERY_COLUMNS,
  deliveryBehind,
  JOB_COLUMNS,
  type JobNumbers,
  JOBS,
  keptJob,
  type KeptJobRow,
  LISTED_DELIVERIES,
  LISTED_DELIVERY,
  listedDelivery,
  type ListedDeliveryRow,
  RUN_COLUMN_LIST,
  RUNS,
  type WithDelivery,
} from "./columns.ts";
import { exhaustionStatements } from "./events.ts";
import { d1Expectations } from "./expectations.ts";
import { d1Lists, newsSource, type Reader } from "./lists.ts";
import { sharedNews } from "./news.ts";
import { d1Outbox } from "./outbox.ts";
import { purge, purgeOperations } from "./purge.ts";
import { recompress } from "./recompress.ts";
import { notesOf } from "./restored.ts";
import { CLAIM_READING, RELEASE_READING } from "./sql.ts";
import { check, measure, noteUpkeep, retryUnfinished } from "./status.ts";
import { d1Sweeps } from "./sweeps.ts";
import { d1Verdicts } from "./verdicts.ts";
import { type Causing, keep, put, putReadings } from "./write.ts";

const NOTHING_CAUSED: Causing = { telling: null, verifying: null };

export function d1Store(db: D1Database, persistently: Persistently, causing: Causing = NOTHING_CAUSED): Store {
  const { telling } = causing;
  const first = <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return persistently(() => statement.first<Row>());
  };
  const all = async <Row>(sql: string, values: Position, from: Reader = db) => {
    const statement = from.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };

  async function fetchBody(
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
    news: sharedNews(db, newsSource({ first, all })),
    outbox: d1Outbox(db, persistently, telling),
    expectations: d1Expectations(db, persistently, telling),
    verdicts: d1Verdicts(db, persistently),
    sweeps: d1Sweeps(db, persistently),

    keep: (arrivals) => keep(db, persistently, arrivals),

    put: (deliveries) => put(db, persistently, deliveries, causing),

    putReadings: (readings) => putReadings(db, persistently, readings, causing),

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
      const row = await first<KeptJobRow>(sql, [jobId]);
      return row === null ? null : keptJob(row);
    },

    /** From the nearest copy of the database; from the primary where that does not know the job, or not its end. */
    async getJobWithBody(jobId, copy = "nearest") {
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} ${JOBS} WHERE j.job_id = ?1`;
      const readFrom = async (copy: Reader) => {
        const row = await first<KeptJobRow & BodyRow>(sql, [jobId], copy);
        if (row === null) return null;
        const kept = keptJob(row);
        // Terminal, and by the job's own callback: what a copy that lags does not know is no more than a repeat.
        return { ...kept, ...(await fetchBody(kept.delivery, row, copy)), isFinal: isFinalRank(row.rank) };
      };
      const nearest = copy === "primary" ? null : await readFrom(db.withSession("first-unconstrained"));
      return nearest?.isFinal === true ? nearest : readFrom(db);
    },

    async getRun(runId) {
      const sql = `SELECT ${RUN_COLUMN_LIST}, ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} ${RUNS} WHERE r.run_id = ?1`;
      const row = await first<Omit<WithDelivery<RunRow>, keyof JobNumbers> & BodyRow>(sql, [runId]);
      return row === null
        ? null
        : { summary: runSummaryOf(row), rank: row.rank, ...(await fetchBody(deliveryBehind(row), row)) };
    },

    async getDelivery(id) {
      const row = await first<ListedDeliveryRow>(`SELECT ${LISTED_DELIVERY} ${LISTED_DELIVERIES} WHERE d.id = ?1`, [
        id,
      ]);
      return row === null ? null : listedDelivery(row);
    },

    async getBody(id) {
      const sql = `SELECT ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} FROM deliveries AS d WHERE d.id = ?1`;
      const row = await first<BodyRow>(sql, [id]);
      return row === null ? null : fetchBody(deliveryOf(row), row);
    },

    async getBodies(ids) {
      if (ids.length === 0) return [];
      const sql = `SELECT ${DELIVERY_COLUMNS}, ${BODY_COLUMNS} FROM deliveries AS d WHERE d.id IN (SELECT value FROM json_each(?1))`;
      const rows = await all<BodyRow>(sql, [JSON.stringify(ids)]);
      return Promise.all(rows.map((row) => fetchBody(deliveryOf(row), row)));
    },

    async statusesOf(ids) {
      const sql = "SELECT id, status FROM deliveries WHERE id IN (SELECT value FROM json_each(?1))";
      const rows = await all<{ id: string; status: DeliveryStatus }>(sql, [JSON.stringify(ids)]);
      return new Map(rows.map(({ id, status }) => [id, status]));
    },

    async terminalOf(jobIds) {
      const sql = "SELECT job_id AS id FROM jobs WHERE job_id IN (SELECT value FROM json_each(?1)) AND terminal = 1";
      return new Set((await all<{ id: string }>(sql, [JSON.stringify(jobIds)])).map(({ id }) => id));
    },

    ...d1Lists({ first, all }),

    notesOf: (ids) => notesOf(db, persistently, ids),

    purgeOperations,

    purge: (cutoffs) => purge(db, persistently, cutoffs),

    recompress: () => recompress(db, persistently),

    check: () => check(db, persistently),

    measure: () => measure(db, persistently),

    noteUpkeep: (at, spilled) => noteUpkeep(db, persistently, at, spilled),
  };
}
