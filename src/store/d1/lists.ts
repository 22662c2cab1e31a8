/**
 * Lists in D1: which filter has an index, what is filtered on the way along one, where a list goes on, and the page
 * that comes of it.
 */
import { deliveryOf } from "../from-rows.ts";
import type { DeliveryRow, RunRow } from "../rows.ts";
import { JOB_FILTERS, type JobFilter, type JobFilterName, type Page, type Position } from "../lists.ts";
import { PositionError } from "../errors.ts";
import type { Store } from "../store.ts";
import {
  DELIVERY_COLUMNS,
  JOB_COLUMNS,
  jobDelivery,
  type JobDeliveryRow,
  type JobNumbers,
  JOBS,
  keptJob,
  type KeptJobRow,
  KNOWN_JOB,
  knownJob,
  type KnownJobRow,
  LISTED_DELIVERIES,
  LISTED_DELIVERY,
  listedDelivery,
  type ListedDeliveryRow,
  listedRun,
  RUN_COLUMN_LIST,
  WITH_DELIVERY,
  WITH_THE_REST,
} from "./columns.ts";
import type { Change, NewsSource } from "./news.ts";
import { NEWEST_CHANGE } from "./sql.ts";

/** CI's own answer needs no verdict. Null where there is none. */
const IS_VERIFIED = "iif(d.source = 'reconcile', 1, v.verified)";

/** Jobs passed over for one page, at most: the page may then be short, and goes on from there. */
export const WALKED_ROWS = 5_000;

/** Terms of a WHERE and their values. */
interface Terms {
  where: string;
  values: (string | number)[];
}

/** A term and its values. */
type Term = [string, ...(string | number)[]];

/** How a filter is answered: along an index, or by looking at job after job on the way. */
interface Answered {
  by: "index" | "walk";
  terms: Term[];
}

const byIndex = (...terms: Term[]): Answered => ({ by: "index", terms });
const byWalk = (...terms: Term[]): Answered => ({ by: "walk", terms });

/**
 * Filters that match few jobs have an index in the order of the list. For those that match many, an entry in an index
 * for each job would cost more than to pass over the jobs that do not match. The index of states leaves Success out.
 */
const ANSWERED: { [Name in JobFilterName]: (wanted: NonNullable<JobFilter[Name]>) => Answered } = {
  object: (object) => byIndex(["j.object = ?", object]),
  runId: (runId) => byIndex(["j.run_id = ?", runId]),
  userData: (userData) => byIndex(["j.user_data = ?", userData]),
  state: (state) =>
    state === "Success" ? byWalk(["j.state = ?", state]) : byIndex(["j.state = ?", state], ["j.state <> 'Success'"]),
  tag: (tag) => byWalk(["coalesce(j.tag, j.event) = ?", tag]),
  bucket: (bucket) => byWalk(["j.bucket = ?", bucket]),
  queueId: (queueId) => byWalk(["j.queue_id = ?", queueId]),
  verified: (verified) => byWalk([`${IS_VERIFIED} = ?`, Number(verified)]),
  // A place is in microseconds, and the API shows milliseconds.
  receivedAfter: (time) => byIndex(["j.place >= ?", (time + 1) * 1000]),
  receivedBefore: (time) => byIndex(["j.place < ?", time * 1000]),
};

export interface JobListQuery {
  /** What an index serves: the filters that have one, times, and where the list goes on. */
  indexed: Terms;
  /** What is looked at job by job; null where nothing is. */
  walked: Terms | null;
}

export function jobListQuery(filter: JobFilter, after: Position | null): JobListQuery {
  const answered = JOB_FILTERS.flatMap((name) => {
    const wanted = filter[name];
    return wanted === undefined ? [] : [(ANSWERED[name] as (wanted: unknown) => Answered)(wanted)];
  });
  const termsBy = (means: Answered["by"]) => answered.flatMap(({ by, terms }) => (by === means ? terms : []));
  const [indexed, walked] = [termsBy("index"), termsBy("walk")];
  if (after !== null) indexed.push(["(j.place, j.job_id) < (?, ?)", ...positionOf(after, "number", "string")]);
  return { indexed: termsOf(indexed), walked: walked.length === 0 ? null : termsOf(walked) };
}

const termsOf = (terms: readonly Term[]): Terms => ({
  where: terms.length === 0 ? "" : `WHERE ${terms.map(([term]) => term).join(" AND ")}`,
  values: terms.flatMap(([, ...values]) => values),
});

/** A position is the client's to bring back, and so may be anything. */
export function positionOf(position: Position, ...types: ("number" | "string")[]): Position {
  const fits = position.length === types.length && types.every((type, index) => typeof position[index] === type);
  if (!fits) throw new PositionError("This position was not given by this list.");
  return position;
}

/** The page, where one row more than its limit was asked for. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => T,
  positionOf: (row: Row) => Position,
): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(itemOf), next: last === undefined ? null : positionOf(last) };
}

/** The delivery behind the record, and those of the job's history: none but that one for a job told of once. */
const DELIVERIES_OF_JOB = `SELECT ${LISTED_DELIVERY}, ${IS_VERIFIED} AS verified ${LISTED_DELIVERIES}
    LEFT JOIN verdicts AS v ON v.job_id = ?1 AND v.delivery_id = d.id
  WHERE d.id IN (SELECT delivery_id FROM jobs WHERE job_id = ?1 UNION SELECT delivery_id FROM job_deliveries WHERE job_id = ?1)
    AND d.seq < ?2
  ORDER BY d.seq DESC LIMIT ?3`;

/**
 * Numbers of changes behind one, each job once: by its last change, or by its first where that was the only one, and by
 * that of its expectation. What a job was before is passed over: it comes again with its last number.
 */
const CHANGES = `SELECT max(change) AS change, job_id FROM (SELECT change, job_id FROM (
    SELECT * FROM (SELECT place AS change, job_id FROM jobs WHERE (place, job_id) > (?1, ?2) AND changed IS NULL
      ORDER BY place, job_id LIMIT ?3)
    UNION ALL
    SELECT * FROM (SELECT changed AS change, job_id FROM jobs WHERE changed IS NOT NULL AND (changed, job_id) > (?1, ?2)
      ORDER BY changed, job_id LIMIT ?3)
    UNION ALL
    SELECT * FROM (SELECT changed AS change, job_id FROM expectations WHERE (changed, job_id) > (?1, ?2)
      ORDER BY changed, job_id LIMIT ?3)
  ) ORDER BY change, job_id LIMIT ?3) GROUP BY job_id`;

/** No text that begins so sorts after this: SQLite compares bytes of UTF-8. */
const LAST_CHARACTER = "\u{10ffff}";

/** Those that wait are few: the oldest thousand are enough to find the least tried among. */
const LIST_PENDING = `SELECT id FROM (
    SELECT id, attempts, seq FROM deliveries WHERE status = 'pending' AND status <> 'stored' ORDER BY seq LIMIT 1000
  ) ORDER BY attempts, seq LIMIT ?1`;

/** The database, or a session with one copy of it. */
export type Reader = Pick<D1Database, "prepare">;

/** Asks the database, or one copy of it. */
export interface Asker {
  first: <Row>(sql: string, values: Position, from?: Reader) => Promise<Row | null>;
  all: <Row>(sql: string, values: Position, from?: Reader) => Promise<Row[]>;
}

export const newsSource = ({ first, all }: Asker): NewsSource => ({
  async newest() {
    const row = await first<{ change: number }>(`SELECT ${NEWEST_CHANGE} AS change`, []);
    return row?.change ?? 0;
  },
  changesAfter: (number, limit) => all<Change>(CHANGES, [number + 1, "", limit]),
});

type Lists = Pick<
  Store,
  | "listJobs"
  | "listJobsByObject"
  | "listChanges"
  | "newestChange"
  | "listDeliveriesOfJob"
  | "listRuns"
  | "listDeliveries"
  | "listPending"
  | "listOldestDeliveries"
  | "countDeliveries"
>;

export function d1Lists({ first, all }: Asker): Lists {
  return {
    async listJobs(filter, limit, after) {
      const { indexed, walked } = jobListQuery(filter, after);
      const order = "ORDER BY j.place DESC, j.job_id DESC";
      // Where something is filtered on the way, no more than so many jobs are passed over.
      const from =
        walked === null
          ? JOBS
          : `FROM (SELECT * FROM jobs AS j ${indexed.where} ${order} LIMIT ${WALKED_ROWS}) AS j ${WITH_THE_REST}`;
      const { where } = walked ?? indexed;
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS} ${from} ${where} ${order} LIMIT ?`;
      const rows = await all<KeptJobRow>(sql, [...indexed.values, ...(walked?.values ?? []), limit + 1]);
      const page = pageOf(rows, limit, keptJob, (row) => [row.place, row.job_id]);
      if (walked === null || page.next !== null) return page;
      const lastWalked = `SELECT j.place, j.job_id FROM jobs AS j ${indexed.where} ${order} LIMIT 1 OFFSET ${WALKED_ROWS - 1}`;
      const last = await first<Pick<JobNumbers, "place"> & { job_id: string }>(lastWalked, indexed.values);
      return { ...page, next: last === null ? null : [last.place, last.job_id] };
    },

    async listJobsByObject(prefix, limit) {
      const sql = `SELECT ${JOB_COLUMNS}, ${DELIVERY_COLUMNS} ${JOBS} WHERE j.object > ?1 AND j.object < ?2
        ORDER BY j.object DESC, j.place DESC, j.job_id DESC LIMIT ?3`;
      const rows = await all<KeptJobRow>(sql, [prefix, prefix + LAST_CHARACTER, limit]);
      return rows.map(keptJob);
    },

    async listChanges(after, limit) {
      const position = after === null ? [0, ""] : positionOf(after, "number", "string");
      const sql = `SELECT c.change, c.job_id AS changed_job_id, ${KNOWN_JOB} FROM (${CHANGES}) AS c
        LEFT JOIN expectations AS e ON e.job_id = c.job_id LEFT JOIN jobs AS j ON j.job_id = c.job_id ${WITH_DELIVERY}
        ORDER BY c.change, c.job_id`;
      const rows = await all<KnownJobRow & { change: number; changed_job_id: string }>(sql, [...position, limit]);
      const last = rows.at(-1);
      return {
        items: rows.flatMap((row) => knownJob(row) ?? []),
        next: last === undefined ? position : [last.change, last.changed_job_id],
      };
    },

    async newestChange() {
      return [(await newsSource({ first, all }).newest()) + 1, ""];
    },

    async listDeliveriesOfJob(jobId, limit, after) {
      const [seq = Number.MAX_SAFE_INTEGER] = after === null ? [] : positionOf(after, "number");
      const rows = await all<JobDeliveryRow>(DELIVERIES_OF_JOB, [jobId, seq, limit + 1]);
      return pageOf(rows, limit, jobDelivery, (row) => [row.seq]);
    },

    async listRuns({ state, workflowId }, limit, after) {
      const walked: [string, string][] = [];
      if (state !== undefined) walked.push(["r.state = ?", state]);
      if (workflowId !== undefined) walked.push(["r.workflow_id = ?", workflowId]);
      const position = after === null ? [] : positionOf(after, "number", "string");
      const from = after === null ? "" : "WHERE (r.received_at, r.run_id) < (?, ?)";
      const order = "ORDER BY r.received_at DESC, r.run_id DESC";
      const where = walked.length === 0 ? "" : `WHERE ${walked.map(([term]) => term).join(" AND ")}`;
      const sql = `SELECT ${RUN_COLUMN_LIST} FROM (SELECT * FROM runs AS r ${from} ${order} LIMIT ${WALKED_ROWS}) AS r ${where} ${order} LIMIT ?`;
      const rows = await all<RunRow & { first_received_at: number }>(sql, [
        ...position,
        ...walked.map(([, value]) => value),
        limit + 1,
      ]);
      const page = pageOf(rows, limit, listedRun, (row) => [row.first_received_at, row.run_id]);
      if (page.next !== null) return page;
      const lastWalked = `SELECT r.received_at, r.run_id FROM runs AS r ${from} ${order} LIMIT 1 OFFSET ${WALKED_ROWS - 1}`;
      const last = await first<{ received_at: number; run_id: string }>(lastWalked, position);
      return { ...page, next: last === null ? null : [last.received_at, last.run_id] };
    },

    async listDeliveries({ status }, limit, after) {
      const terms = status === undefined ? ["true"] : ["d.status = ?"];
      if (status !== undefined && status !== "stored") terms.push("d.status <> 'stored'");
      if (after !== null) terms.push("d.seq < ?");
      const position = after === null ? [] : positionOf(after, "number");
      const sql = `SELECT ${LISTED_DELIVERY} ${LISTED_DELIVERIES} WHERE ${terms.join(" AND ")} ORDER BY d.seq DESC LIMIT ?`;
      const bound = [...(status === undefined ? [] : [status]), ...position, limit + 1];
      const rows = await all<ListedDeliveryRow>(sql, bound);
      return pageOf(rows, limit, listedDelivery, (row) => [row.seq]);
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
  };
}
