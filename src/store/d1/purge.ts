/**
 * Retention in D1. It walks all deliveries in order of arrival, a slice at a time, and deletes what is due. `marks`
 * keeps how far each walk has come. When a slice has nothing old in it, the walk starts over, so nothing is skipped for
 * good. Each DELETE checks again that a row is due: since the slice was read, it may have come again, been read, or
 * become a job's record. A job is deleted together with the delivery behind its record, in one transaction.
 */
import type { Persistently } from "../retry.ts";
import type { Cutoffs, Purged } from "../purged.ts";
import { heardAt, HEARD_AT_SLACK_MILLISECONDS, keepNewestChange } from "./sql.ts";

/** How many rows a slice has. */
const SLICE_ROWS = 500;

/** ?1 is the JSON list of a slice's places, ?2 the time before which things are old. */
const IN_SLICE = "seq IN (SELECT value FROM json_each(?1))";
const IS_OLD = `${heardAt("deliveries")} < ?2`;

/** A job's `heard_at` may be too early by this much, so the job is kept as much longer. */
const IS_LIVING = (table: string) => `${heardAt(table)} >= ?2 - ${HEARD_AT_SLACK_MILLISECONDS}`;

/** A job with a pending event is kept. */
const HAS_PENDING_EVENTS = (subject: string) =>
  `EXISTS (SELECT 1 FROM events WHERE events.subject = ${subject} AND events.due_at IS NOT NULL)`;

/**
 * Whether this delivery is behind the record of a job or run that is kept. Deliveries of an older version, and those
 * with too many jobs, have no list of their jobs. For these, if there are any, all jobs and runs are looked through once.
 */
const IS_NEEDED = `iif(job_ids IS NULL AND coalesce(job_count, 1) > 0,
    id IN (SELECT delivery_id FROM jobs WHERE ${IS_LIVING("jobs")} OR ${HAS_PENDING_EVENTS("jobs.job_id")})
      OR id IN (SELECT delivery_id FROM runs WHERE ${IS_LIVING("runs")} OR ${HAS_PENDING_EVENTS("runs.run_id")}),
    EXISTS (SELECT 1 FROM json_each(deliveries.job_ids) AS named JOIN jobs ON jobs.job_id = named.value
      WHERE jobs.delivery_id = deliveries.id AND (${IS_LIVING("jobs")} OR ${HAS_PENDING_EVENTS("jobs.job_id")})))
  OR EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND runs.delivery_id = deliveries.id
    AND (${IS_LIVING("runs")} OR ${HAS_PENDING_EVENTS("runs.run_id")}))`;

/** A quarantined delivery that an older reader could read may have jobs. It is not deleted as quarantined then. */
const TELLS_OF_JOBS = "(status IN ('stored', 'no-job') OR (status = 'quarantined' AND job_count > 0))";

const DUE = {
  bytes: `status NOT IN ('quarantined', 'pending') AND (body IS NOT NULL OR parts > 0) AND ${IS_OLD}`,
  quarantined: `status = 'quarantined' AND coalesce(job_count, 0) = 0 AND ${IS_OLD}`,
  jobs: `${TELLS_OF_JOBS} AND ${IS_OLD} AND NOT (${IS_NEEDED})`,
} as const satisfies Record<keyof Cutoffs, string>;

const dueIn = (kind: keyof Cutoffs, column: string) =>
  `(SELECT ${column} FROM deliveries WHERE ${IN_SLICE} AND ${DUE[kind]})`;

const deletePartsOf = (kind: keyof Cutoffs) => `DELETE FROM delivery_parts WHERE delivery_id IN ${dueIn(kind, "id")}`;
const deleteDeliveriesOf = (kind: keyof Cutoffs) => `DELETE FROM deliveries WHERE ${IN_SLICE} AND ${DUE[kind]}`;

/** A deleted job may have the newest change: no later change may get a number that a follower has passed. */
const KEEP_NEWEST_CHANGE = keepNewestChange(`EXISTS (SELECT 1 FROM deliveries WHERE ${IN_SLICE} AND ${DUE.jobs})`);

/** In one transaction and in this order. The last statement says how many rows it deleted. */
const STATEMENTS = {
  bytes: [deletePartsOf("bytes"), `UPDATE deliveries SET body = NULL, parts = 0 WHERE ${IN_SLICE} AND ${DUE.bytes}`],
  quarantined: [deletePartsOf("quarantined"), deleteDeliveriesOf("quarantined")],
  jobs: [
    `DELETE FROM jobs WHERE job_id IN (
      SELECT named.value FROM ${dueIn("jobs", "job_ids")} AS due JOIN json_each(due.job_ids) AS named
    ) AND delivery_id IN ${dueIn("jobs", "id")}`,
    `DELETE FROM job_deliveries WHERE (job_id, delivery_id) IN (
      SELECT named.value, due.delivery_id
      FROM ${dueIn("jobs", "job_ids, id AS delivery_id")} AS due JOIN json_each(due.job_ids) AS named
    )`,
    `DELETE FROM runs WHERE run_id IN ${dueIn("jobs", "run_id")} AND delivery_id IN ${dueIn("jobs", "id")}`,
    deletePartsOf("jobs"),
    deleteDeliveriesOf("jobs"),
  ],
} as const satisfies Record<keyof Cutoffs, readonly string[]>;

/** For slices with deliveries that have no list of their jobs. Those of the first version do not name their run either. */
const DELETE_UNLISTED = ["jobs", "job_deliveries", "runs"].map(
  (table) => `DELETE FROM ${table} WHERE delivery_id IN ${dueIn("jobs", "iif(job_ids IS NULL, id, NULL)")}`,
);

/** Old rows of jobs or runs whose delivery is gone. */
const orphans = (name: "job" | "run", place: string) => `FROM ${name}s WHERE ${name}_id IN (
    SELECT ${name}_id FROM ${name}s WHERE ${place} LIMIT ${SLICE_ROWS}
  ) AND ${heardAt(`${name}s`)} < ?1 - ${HEARD_AT_SLACK_MILLISECONDS}
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id = ${name}s.delivery_id)`;
const ORPHAN_JOBS = orphans("job", "place < ?1 * 1000 ORDER BY place");
const DELETE_ORPHANS = [
  keepNewestChange(`EXISTS (SELECT 1 ${ORPHAN_JOBS})`),
  `DELETE ${ORPHAN_JOBS}`,
  `DELETE ${orphans("run", "received_at < ?1 ORDER BY received_at")}`,
];

const SLICE = (kind: keyof Cutoffs) => `
  SELECT seq, ${IS_OLD} AS is_old, (${DUE[kind]}) AS is_due, job_ids IS NULL AND coalesce(job_count, 1) > 0 AS is_unlisted
  FROM deliveries WHERE seq > coalesce((SELECT seq FROM marks WHERE name = ?1), 0) ORDER BY seq LIMIT ${SLICE_ROWS}`;

/** The names of the marks that say how far each walk has come. */
const MARKS = { bytes: "bytes", quarantined: "quarantined", jobs: "deliveries" } as const;

const SET_MARK =
  "INSERT INTO marks (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE marks.seq <> excluded.seq";

/** How many calls a slice takes at most. */
const SLICE_OPERATIONS = { jobs: 11, bytes: 4, quarantined: 4 } as const satisfies Record<keyof Cutoffs, number>;

/** How many calls a slice of every kind that has a retention takes at most. */
export const purgeOperations = (cutoffs: Cutoffs): number =>
  (["jobs", "bytes", "quarantined"] as const).reduce(
    (sum, kind) => sum + (cutoffs[kind] === null ? 0 : SLICE_OPERATIONS[kind]),
    0,
  );

/** One slice of every kind that has a retention. */
export async function purge(db: D1Database, persistently: Persistently, cutoffs: Cutoffs): Promise<Purged> {
  const purged: Purged = { rows: 0, isDone: true, operations: 0 };
  for (const kind of ["jobs", "bytes", "quarantined"] as const) {
    const cutoff = cutoffs[kind];
    if (cutoff === null) continue;
    const slice = await purgeSlice(db, persistently, kind, cutoff);
    purged.rows += slice.rows;
    purged.isDone &&= slice.isDone;
    purged.operations += slice.operations;
  }
  if (cutoffs.jobs !== null && purged.isDone) {
    const batch = DELETE_ORPHANS.map((sql) => db.prepare(sql).bind(cutoffs.jobs));
    const [, ...deleted] = await persistently(() => db.batch(batch));
    for (const { meta } of deleted) purged.rows += meta.changes;
    purged.operations += batch.length;
  }
  return purged;
}

interface SliceRow {
  seq: number;
  is_old: 0 | 1;
  is_due: 0 | 1;
  is_unlisted: 0 | 1;
}

/** Looks at the next slice, and deletes what is due in it. Done if nothing in it is old; the walk then starts over. */
async function purgeSlice(
  db: D1Database,
  persistently: Persistently,
  kind: keyof Cutoffs,
  cutoff: number,
): Promise<Purged> {
  const query = db.prepare(SLICE(kind)).bind(MARKS[kind], cutoff);
  const { results } = await persistently(() => query.all<SliceRow>());
  const isDone = !results.some((row) => row.is_old === 1);
  const due = results.filter((row) => row.is_due === 1);
  const mark = db.prepare(SET_MARK).bind(MARKS[kind], isDone ? 0 : (results.at(-1)?.seq ?? 0));
  if (due.length === 0) {
    await persistently(() => mark.run());
    return { rows: 0, isDone, operations: 2 };
  }
  const places = JSON.stringify(due.map((row) => row.seq));
  const hasUnlisted = kind === "jobs" && due.some((row) => row.is_unlisted === 1);
  const statements = [
    ...(kind === "jobs" ? [KEEP_NEWEST_CHANGE] : []),
    ...(hasUnlisted ? DELETE_UNLISTED : []),
    ...STATEMENTS[kind],
  ];
  const deletions = statements.map((sql) => db.prepare(sql).bind(places, cutoff));
  const batch = await persistently(() => db.batch([mark, ...deletions]));
  return { rows: batch.at(-1)?.meta.changes ?? 0, isDone, operations: 1 + batch.length };
}
