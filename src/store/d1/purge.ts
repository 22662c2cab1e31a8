/**
 * Retention in D1: deletes in slices, so that no statement runs long, and remembers how far it came, so that
 * no slice is looked at twice. Deliveries lie in order of arrival; a slice ends at the first that is to stay.
 */
import type { Persistently } from "../retry.ts";
import type { Cutoffs } from "../store.ts";

/** Rows looked at in one slice. */
const SLICE_ROWS = 500;

interface Kind {
  /** Name of the mark that says how far this kind has come. */
  mark: string;
  /** Which of the deliveries in a slice it is about. */
  where: string;
  statements: readonly string[];
}

const DELETE_DELIVERIES = [
  "DELETE FROM delivery_parts WHERE delivery_id IN (SELECT value FROM json_each(?1))",
  "DELETE FROM deliveries WHERE id IN (SELECT value FROM json_each(?1))",
];

const KINDS = {
  bytes: {
    mark: "bytes",
    where: "status NOT IN ('quarantined', 'pending')",
    statements: [
      "DELETE FROM delivery_parts WHERE delivery_id IN (SELECT value FROM json_each(?1))",
      "UPDATE deliveries SET body = NULL, parts = 0 WHERE id IN (SELECT value FROM json_each(?1))",
    ],
  },
  quarantined: { mark: "quarantined", where: "status = 'quarantined'", statements: DELETE_DELIVERIES },
  jobs: { mark: "deliveries", where: "status IN ('stored', 'no-job')", statements: DELETE_DELIVERIES },
} as const satisfies Record<keyof Cutoffs, Kind>;

const SET_MARK = "INSERT INTO marks (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";

/** SQLite gives the numbers of deleted last rows out again: no mark may be past the last row there is. */
const LOWER_MARKS = `UPDATE marks SET seq = min(seq, coalesce((SELECT max(seq) FROM deliveries), 0))
  WHERE name IN ('bytes', 'quarantined', 'deliveries')`;

/** One slice of each kind. Gives how many rows were looked at and passed their time; zero when there is nothing left to do. */
export async function purge(db: D1Database, persistently: Persistently, cutoffs: Cutoffs): Promise<number> {
  let purged = 0;
  for (const [name, kind] of Object.entries(KINDS)) {
    const cutoff = cutoffs[name as keyof Cutoffs];
    if (cutoff !== null) purged += await purgeDeliveries(db, persistently, kind, cutoff);
  }
  if (cutoffs.jobs === null) return purged;
  for (const [table, key] of [
    ["jobs", "job_id"],
    ["runs", "run_id"],
  ]) {
    const slice = `SELECT ${key} FROM ${table} WHERE received_at < ?1 ORDER BY received_at LIMIT ${SLICE_ROWS}`;
    const { meta } = await persistently(() =>
      db.prepare(`DELETE FROM ${table} WHERE ${key} IN (${slice})`).bind(cutoffs.jobs).run(),
    );
    purged += meta.changes;
  }
  return purged;
}

async function purgeDeliveries(
  db: D1Database,
  persistently: Persistently,
  kind: Kind,
  cutoff: number,
): Promise<number> {
  const sql = `SELECT seq, id, received_at >= ?2 AS stays, ${kind.where} AS goes FROM deliveries
    WHERE seq > coalesce((SELECT seq FROM marks WHERE name = ?1), 0) ORDER BY seq LIMIT ${SLICE_ROWS}`;
  const query = db.prepare(sql).bind(kind.mark, cutoff);
  const { results } = await persistently(() => query.all<{ seq: number; id: string; stays: 0 | 1; goes: 0 | 1 }>());
  const end = results.findIndex((row) => row.stays === 1);
  const slice = end === -1 ? results : results.slice(0, end);
  const last = slice.at(-1);
  if (last === undefined) return 0;
  const ids = slice.filter((row) => row.goes === 1).map((row) => row.id);
  const json = JSON.stringify(ids);
  const deletions = ids.length === 0 ? [] : kind.statements.map((statement) => db.prepare(statement).bind(json));
  await persistently(() =>
    db.batch([...deletions, db.prepare(SET_MARK).bind(kind.mark, last.seq), db.prepare(LOWER_MARKS)]),
  );
  return slice.length;
}
