/**
 * What an export says of jobs beside the bytes of their deliveries, and how an import restores it: the numbers of their
 * changes, and the verdicts on their deliveries. Restoring twice changes nothing more, and never replaces what is newer.
 */
import type { Persistently } from "../retry.ts";
import { jobRows } from "../rows.ts";
import type { DeliveryReading, JobNote } from "../store.ts";
import { inChunks } from "./json.ts";

/** ?1 is a JSON list of deliveries. Without a note, an import numbers a job by the time of its delivery. */
const NOTES = `
  SELECT d.id AS delivery, j.job_id AS jobId, j.place AS firstChange, coalesce(j.changed, j.place) AS lastChange, v.verified
  FROM deliveries AS d JOIN json_each(d.job_ids) AS named JOIN jobs AS j ON j.job_id = named.value
    LEFT JOIN verdicts AS v ON v.job_id = j.job_id AND v.delivery_id = d.id
  WHERE d.id IN (SELECT value FROM json_each(?1))
    AND (j.place <> d.received_at * 1000 OR j.changed <> j.place OR v.verified IS NOT NULL)`;

type NoteRow = Omit<JobNote, "verified"> & { delivery: string; verified: 0 | 1 | null };

export async function notesOf(
  db: D1Database,
  persistently: Persistently,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly JobNote[]>> {
  if (ids.length === 0) return new Map();
  const { results } = await persistently(() => db.prepare(NOTES).bind(JSON.stringify(ids)).all<NoteRow>());
  const byDelivery = Map.groupBy(results, ({ delivery }) => delivery);
  return new Map([...byDelivery].map(([delivery, rows]) => [delivery, rows.map(noteOf)]));
}

const noteOf = ({ jobId, firstChange, lastChange, verified }: NoteRow): JobNote => ({
  jobId,
  firstChange,
  lastChange,
  verified: verified === null ? null : verified === 1,
});

const value = (name: string) => `value ->> '${name}'`;

/** One line for each job, since several deliveries may name it: the numbers in its notes, and its earliest time without a note. */
const TOLD = `(
    SELECT ${value("job_id")} AS job_id, min(${value("received_at")}) AS received_at,
      min(${value("first_change")}) AS first_change, max(${value("last_change")}) AS last_change,
      min(iif(${value("first_change")} IS NULL, ${value("received_at")}, NULL)) AS unnoted_at
    FROM json_each(?1) GROUP BY 1
  ) AS told`;

/** An export may have deliveries that are older than everything known about their jobs. */
const FIRST = `min(jobs.place, coalesce(told.first_change, jobs.place),
    iif(told.unnoted_at < jobs.received_at, told.unnoted_at * 1000, jobs.place))`;
const LAST = "max(coalesce(jobs.changed, jobs.place), coalesce(told.last_change, 0))";

/** ?1 is a JSON list of rows of jobs. The number of a last change never gets smaller: a follower may not have seen the greater one. */
const RESTORE_NUMBERS = `
  UPDATE jobs SET received_at = min(jobs.received_at, told.received_at), place = ${FIRST}, changed = nullif(${LAST}, ${FIRST})
  FROM ${TOLD}
  WHERE jobs.job_id = told.job_id
    AND (jobs.received_at > told.received_at OR jobs.place > ${FIRST} OR coalesce(jobs.changed, jobs.place) < ${LAST})`;

/** ?1 is a JSON list of verdicts. A question that waits here for its own answer, and a verdict that was given here, stay. */
const RESTORE_VERDICTS = `
  INSERT INTO verdicts (job_id, delivery_id, asked_at, verified, asks, ask_at)
  SELECT ${value("job_id")}, ${value("delivery_id")}, ${value("asked_at")}, ${value("verified")}, 0, NULL
  FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = ${value("job_id")})
  ON CONFLICT DO NOTHING`;

/** They come last in a batch, when the jobs are there. */
export function restoreStatements(db: D1Database, deliveries: readonly DeliveryReading[]): D1PreparedStatement[] {
  const verdicts = deliveries.flatMap(({ id: delivery_id, receivedAt: asked_at, notes = [] }) =>
    notes.flatMap(({ jobId: job_id, verified }) =>
      verified === null ? [] : [{ job_id, delivery_id, asked_at, verified: Number(verified) }],
    ),
  );
  return [
    ...inChunks(deliveries.flatMap(jobRows)).map((json) => db.prepare(RESTORE_NUMBERS).bind(json)),
    ...inChunks(verdicts).map((json) => db.prepare(RESTORE_VERDICTS).bind(json)),
  ];
}
