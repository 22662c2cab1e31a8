/**
 * The statements that write deliveries and what they say. Each may run twice, and contains its own conditions. So
 * whatever else writes at the same time (another callback, a reparse, retention, an older version of the Worker), the
 * record of a job is the reading with the greatest rank, and no row points to a delivery that is not there.
 */
import { READER_VERSION } from "../../callback/callback.ts";
import { TEXT_ENCODINGS } from "../encoding.ts";
import { READ_ATTEMPTS } from "../store.ts";
import { READER_DIGITS, RECORD_COLUMNS, RUN_COLUMNS, WORKFLOW_COLUMNS } from "../rows.ts";

/** How many arrivals a delivery remembers, 8 characters each. A write repeated within them is not counted again. */
const RECEIPTS_CHARACTERS = 16 * 8;

/** By how much `heard_at` of a job may be too early, in milliseconds. Repeats within this time do not write its row. */
export const HEARD_AT_SLACK_MILLISECONDS = 3_600_000;

/** The columns of a delivery that a reading gives. */
export const READING_COLUMNS = [
  "status",
  "format",
  "reason_code",
  "reason",
  "line",
  "column_number",
  "reader",
  "job_count",
  "job_ids",
  "run_id",
] as const;
const BODY_COLUMNS = ["encoding", "parts", "body"] as const;
export const ARRIVAL_COLUMNS = [
  "id",
  ...READING_COLUMNS,
  "content_type",
  "size",
  "received_at",
  "heard_at",
  "count",
  "receipts",
  ...BODY_COLUMNS,
] as const;

/**
 * How many deliveries one statement writes. D1 binds at most 100 values to a statement. Fewer statements are less work,
 * and the free plan allows 50 to a call.
 */
export const DELIVERIES_PER_STATEMENT = Math.floor(100 / ARRIVAL_COLUMNS.length);

/** When a delivery last came. Rows of the first version have no `heard_at`. */
export const heardAt = (table: string): string => `coalesce(${table}.heard_at, ${table}.received_at)`;

/**
 * Whether a reading changes a delivery: not if it is only kept unread, and not if an older reader made it. `next` and
 * `last` name the rows of the new reading and of the present one.
 */
const isNews = (next: string, last: string): string =>
  `${next}.status <> 'pending' AND ${next}.reader >= ${last}.reader`;

/**
 * Keeps the jobs that an older reader found: this delivery may still be behind their records, and retention must know
 * that.
 */
const readingColumn = (column: (typeof READING_COLUMNS)[number]): string => {
  const keepsOlder = column === "job_count" || column === "job_ids" || column === "run_id";
  const next = keepsOlder ? `coalesce(excluded.${column}, deliveries.${column})` : `excluded.${column}`;
  return `${column} = iif(${isNews("excluded", "deliveries")}, ${next}, deliveries.${column})`;
};

const isCounted = "instr(deliveries.receipts, excluded.receipts) = 0";
const unlessKept = (column: string) =>
  `${column} = iif(deliveries.body IS NULL AND deliveries.parts = 0, excluded.${column}, deliveries.${column})`;

/** The values of one delivery, the body last. A body that is stored as a BLOB comes as hexadecimal digits. */
function valuesOf(delivery: number): string {
  const value = (column: (typeof ARRIVAL_COLUMNS)[number]) =>
    `?${delivery * ARRIVAL_COLUMNS.length + ARRIVAL_COLUMNS.indexOf(column) + 1}`;
  const isText = `${value("encoding")} IN (${TEXT_ENCODINGS.map((name) => `'${name}'`).join(", ")})`;
  const body = `iif(${isText}, ${value("body")}, unhex(${value("body")}))`;
  return `(${ARRIVAL_COLUMNS.map((column) => (column === "body" ? body : value(column))).join(", ")})`;
}

/**
 * Writes so many deliveries, each with or without a reading. An arrival without a nonce has no receipt, and its count
 * is a total.
 */
export const putDeliveries = (deliveries: number): string => `
  INSERT INTO deliveries (${ARRIVAL_COLUMNS.join(", ")})
  VALUES ${Array.from({ length: deliveries }, (_, index) => valuesOf(index)).join(", ")}
  ON CONFLICT (id) DO UPDATE SET
    count = max(deliveries.count + (${isCounted}), excluded.count),
    receipts = iif(${isCounted}, substr(excluded.receipts || deliveries.receipts, 1, ${RECEIPTS_CHARACTERS}), deliveries.receipts),
    received_at = min(deliveries.received_at, excluded.received_at),
    heard_at = max(${heardAt("deliveries")}, excluded.heard_at),
    ${READING_COLUMNS.map(readingColumn).join(", ")},
    ${BODY_COLUMNS.map(unlessKept).join(", ")}
  RETURNING id, count`;

/** Mark of the newest change when something was deleted that may have had it. */
const FORGOTTEN_CHANGE = "changes";

/** The number of the newest change of any job, also of one that is deleted since: numbers never run back. */
export const NEWEST_CHANGE = `max(
    coalesce((SELECT seq FROM marks WHERE name = '${FORGOTTEN_CHANGE}'), 0),
    coalesce((SELECT place FROM jobs ORDER BY place DESC, job_id DESC LIMIT 1), 0),
    coalesce((SELECT changed FROM jobs WHERE changed IS NOT NULL ORDER BY changed DESC, job_id DESC LIMIT 1), 0),
    coalesce((SELECT changed FROM expectations ORDER BY changed DESC LIMIT 1), 0))`;

export const PUT_PART =
  "INSERT INTO delivery_parts (delivery_id, part, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

/** Marks deliveries as CI's own answers, from a JSON list of ids. A delivery that came both ways stays an answer. */
export const MARK_ANSWERS =
  "UPDATE deliveries SET source = 'reconcile' WHERE id IN (SELECT value FROM json_each(?1)) AND source IS NULL";

/**
 * If CI answers the very bytes of a callback, that verifies it, which is a change of its jobs. Comes before
 * MARK_ANSWERS. Jobs that have ended are left to PUT_JOBS: the answer outranks the callback. ?1 the same list, ?2 now.
 */
export const CHANGE_ANSWERED = `
  UPDATE jobs SET changed = max(?2 * 1000, newest.change + 1)
  FROM (SELECT ${NEWEST_CHANGE} AS change) AS newest
  WHERE jobs.terminal = 0 AND jobs.job_id IN (
    SELECT named.value FROM deliveries JOIN json_each(deliveries.job_ids) AS named
    WHERE deliveries.id IN (SELECT value FROM json_each(?1)) AND deliveries.source IS NULL AND deliveries.id = jobs.delivery_id
  )`;

/** Writes readings of kept deliveries, from a JSON list. Gives the ids of those that are kept. */
export const PUT_READINGS = `
  UPDATE deliveries SET ${READING_COLUMNS.map(
    (column) =>
      `${column} = iif(${isNews("news", "deliveries")}, ${
        column.startsWith("job_") || column === "run_id"
          ? `coalesce(news.${column}, deliveries.${column})`
          : `news.${column}`
      }, deliveries.${column})`,
  ).join(", ")}
  FROM (SELECT ${["id", ...READING_COLUMNS].map((column) => `value ->> '${column}' AS ${column}`).join(", ")} FROM json_each(?1)) AS news
  WHERE deliveries.id = news.id
  RETURNING deliveries.id AS id`;

export const CLAIM_READING = `
  UPDATE deliveries SET
    attempts = attempts + 1,
    status = iif(attempts >= ${READ_ATTEMPTS}, 'quarantined', status),
    reason_code = iif(attempts >= ${READ_ATTEMPTS}, ?2, NULL),
    reason = iif(attempts >= ${READ_ATTEMPTS}, ?3, NULL)
  WHERE id = ?1 AND status = 'pending'
  RETURNING status`;

export const RELEASE_READING =
  "UPDATE deliveries SET attempts = max(0, attempts - 1) WHERE id = ?1 AND status = 'pending'";

/** How many deliveries one statement makes pending again. */
export const RETRIED_AT_ONCE = 100;

export const RETRY_UNFINISHED = `
  UPDATE deliveries SET status = 'pending', attempts = 0, reason_code = NULL, reason = NULL
  WHERE seq IN (
    SELECT seq FROM deliveries
    WHERE status = 'quarantined' AND status <> 'stored' AND reason_code = ?1 LIMIT ${RETRIED_AT_ONCE}
  )`;

const fromJson = (columns: readonly string[]) => columns.map((column) => `told.value ->> '${column}'`).join(", ");

/** A row is not written if its delivery is not there: retention may have deleted it since a reading began. */
const ITS_DELIVERY_IS_KEPT = "EXISTS (SELECT 1 FROM deliveries WHERE id = told.value ->> 'delivery_id')";

const readerOf = (rank: string) => `substr(${rank}, -${READER_DIGITS})`;

/**
 * The rank in its present form, as `shortRank` in SQL. A rank of an older version has the whole delivery id, which
 * makes it 48 digits longer.
 */
const LONG_RANK_CHARACTERS = 60;
export const shortRank = (rank: string): string =>
  `iif(length(${rank}) > ${LONG_RANK_CHARACTERS}, substr(${rank}, 1, length(${rank}) - 52) || substr(${rank}, -4), ${rank})`;

/** If CI's own answer has the same bytes as a callback, the callback does not take its rank away. */
const isSameFromCallback = (table: string, next: string) => `${table}.rank >= '2' AND ${next}.rank LIKE '1%'`;

/**
 * When a row replaces another: it has the greater rank; or it is the same delivery, read by a newer reader; or the
 * delivery of the other row is gone, which should not happen.
 */
export const supersedes = (
  table: string,
  next = "excluded",
): string => `(iif(${next}.delivery_id = ${table}.delivery_id,
    ${shortRank(`${next}.rank`)} <> ${shortRank(`${table}.rank`)} AND ${readerOf(`${next}.rank`)} >= ${readerOf(`${table}.rank`)}
      AND NOT (${isSameFromCallback(table, next)}),
    ${next}.rank > ${table}.rank OR NOT EXISTS (SELECT 1 FROM deliveries WHERE id = ${table}.delivery_id)))`;

const ifSuperseding = (table: string, column: string) =>
  `${column} = iif(${supersedes(table)}, excluded.${column}, ${table}.${column})`;

const isRecordOrHeardNews = (table: string) =>
  `${supersedes(table)} OR excluded.heard_at > ${heardAt(table)} + ${HEARD_AT_SLACK_MILLISECONDS}`;

/** Comes before a deletion, in its transaction. `condition` says whether there is anything to delete. */
export const keepNewestChange = (condition: string): string => `
  INSERT INTO marks (name, seq) SELECT '${FORGOTTEN_CHANGE}', ${NEWEST_CHANGE} WHERE ${condition}
  ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > marks.seq`;

/**
 * The number of a change: the time of arrival in microseconds, or one more than the greatest number so far, whatever
 * the clocks of the writers say. What an import brings has its own number again, and is no news to followers.
 */
const NUMBER = `iif(told.value ->> 'restored', coalesce(told.value ->> 'first_change', told.value ->> 'received_at' * 1000),
    max(told.value ->> 'received_at' * 1000, newest.change + 1))`;

const JOB_COLUMNS = ["job_id", "received_at", "heard_at", ...RECORD_COLUMNS, ...WORKFLOW_COLUMNS];

/**
 * Merges rows of a JSON list into the jobs. The first number of a job is its place for good; later changes set only its
 * last number.
 */
export const PUT_JOBS = `
  INSERT INTO jobs (${JOB_COLUMNS.join(", ")}, place)
  SELECT ${fromJson(JOB_COLUMNS)}, ${NUMBER}
  FROM json_each(?1) AS told, (SELECT ${NEWEST_CHANGE} AS change) AS newest WHERE ${ITS_DELIVERY_IS_KEPT}
  ON CONFLICT (job_id) DO UPDATE SET
    heard_at = max(${heardAt("jobs")}, excluded.heard_at),
    changed = iif(${supersedes("jobs")}, max(excluded.place, coalesce(jobs.changed, jobs.place)), jobs.changed),
    ${RECORD_COLUMNS.map((column) => ifSuperseding("jobs", column)).join(", ")}
  WHERE ${isRecordOrHeardNews("jobs")}`;

export const PUT_WORKFLOWS = `
  UPDATE jobs SET
    changed = max(${NUMBER}, coalesce(jobs.changed, jobs.place)),
    ${WORKFLOW_COLUMNS.map((column) => `${column} = told.value ->> '${column}'`).join(", ")}
  FROM json_each(?1) AS told, (SELECT ${NEWEST_CHANGE} AS change) AS newest
  WHERE jobs.job_id = told.value ->> 'job_id'
    AND (jobs.workflow_rank IS NULL OR ${shortRank("jobs.workflow_rank")} < ${shortRank("told.value ->> 'workflow_rank'")})`;

/**
 * Updates when jobs and runs were first and last heard of, if their deliveries come again without being read. The
 * spill may bring an earlier arrival late. A JSON list of arrivals.
 */
export const HEAR_AGAIN = [
  { table: "jobs", key: "job_id", named: "JOIN json_each(deliveries.job_ids) AS named", id: "named.value" },
  { table: "runs", key: "run_id", named: "", id: "deliveries.run_id" },
].map(
  ({ table, key, named, id }) => `
  UPDATE ${table} SET heard_at = max(${heardAt(table)}, told.heard_at), received_at = min(${table}.received_at, told.received_at)
  FROM (
    SELECT ${id} AS id, max(arrived.value ->> 'heard_at') AS heard_at, min(arrived.value ->> 'received_at') AS received_at
    FROM json_each(?1) AS arrived JOIN deliveries ON deliveries.id = arrived.value ->> 'id' ${named} GROUP BY 1
  ) AS told
  WHERE ${table}.${key} = told.id AND (told.received_at < ${table}.received_at
    OR told.heard_at > ${heardAt(table)} + ${HEARD_AT_SLACK_MILLISECONDS})`,
);

/**
 * Retention may have deleted a job while its delivery is kept for another job. When the delivery comes again, the
 * deleted job must come back. So the delivery is made pending, since only reading it tells its jobs. Takes the same
 * JSON list.
 */
export const READ_ANEW = `
  UPDATE deliveries SET status = 'pending', attempts = 0
  WHERE id IN (SELECT value ->> 'id' FROM json_each(?1)) AND status = 'stored' AND reader <= ${READER_VERSION}
    AND (job_ids IS NULL AND coalesce(job_count, 1) > 0
      OR EXISTS (SELECT 1 FROM json_each(job_ids) AS named WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE job_id = named.value))
      OR run_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id))`;

const RUN_ROW_COLUMNS = ["run_id", "received_at", "heard_at", ...RUN_COLUMNS];

export const PUT_RUNS = `
  INSERT INTO runs (${RUN_ROW_COLUMNS.join(", ")})
  SELECT ${fromJson(RUN_ROW_COLUMNS)} FROM json_each(?1) AS told WHERE ${ITS_DELIVERY_IS_KEPT}
  ON CONFLICT (run_id) DO UPDATE SET
    received_at = min(runs.received_at, excluded.received_at),
    heard_at = max(${heardAt("runs")}, excluded.heard_at),
    ${RUN_COLUMNS.map((column) => ifSuperseding("runs", column)).join(", ")}
  WHERE ${isRecordOrHeardNews("runs")} OR excluded.received_at < runs.received_at`;

/**
 * The history of a job with several deliveries: the one behind its record so far, and the new one. A job with one
 * delivery has no row here. Comes before PUT_JOBS in a batch, and again after it if several deliveries of the batch
 * name one job, since before it they do not see each other.
 */
export const PUT_HISTORY = `
  INSERT INTO job_deliveries (job_id, delivery_id)
  SELECT jobs.job_id, iif(which.value, jobs.delivery_id, told.value ->> 'delivery_id')
  FROM json_each(?1) AS told JOIN jobs ON jobs.job_id = told.value ->> 'job_id', json_each('[0, 1]') AS which
  WHERE jobs.delivery_id <> told.value ->> 'delivery_id'
  ON CONFLICT DO NOTHING`;

/** Jobs that the previous version wrote during this deployment have no place yet. */
export const GIVE_PLACES = `
  UPDATE jobs SET place = max(jobs.received_at * 1000, newest.change + 1)
  FROM (SELECT ${NEWEST_CHANGE} AS change) AS newest WHERE jobs.place = 0`;
