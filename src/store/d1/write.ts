/** Writes deliveries: one batch, which D1 runs as one transaction, however many there are. */
import { encodeBody } from "../encoding.ts";
import type { Persistently } from "../retry.ts";
import { arrivalRow, jobRows, type JobRow, type ReadingRow, readingRow, runRows, UNREAD } from "../rows.ts";
import type { Telling } from "../outbox.ts";
import type { Verifying } from "../verdicts.ts";
import type { Arrival, DeliveryReading, ReadArrival, Written, WrittenReadings } from "../store.ts";
import { bornOf, type EventRow, eventStatements } from "./events.ts";
import { questionStatements } from "./verdicts.ts";
import { inChunks } from "./json.ts";
import { restoreStatements } from "./restored.ts";
import {
  ARRIVAL_COLUMNS,
  CHANGE_ANSWERED,
  DELIVERIES_PER_STATEMENT,
  HEAR_AGAIN,
  MARK_ANSWERS,
  PUT_HISTORY,
  PUT_JOBS,
  PUT_PART,
  PUT_READINGS,
  PUT_RUNS,
  PUT_WORKFLOWS,
  putDeliveries,
  READ_ANEW,
} from "./sql.ts";

interface WrittenRow {
  id: string;
  count: number;
}

export async function keep(db: D1Database, persistently: Persistently, arrivals: readonly Arrival[]) {
  const encoded = arrivals.map((arrival) => encodeArrival(arrival, UNREAD, false));
  const counts = countsOf(arrivals, await persistently(() => db.batch<WrittenRow>(arrivalStatements(db, encoded))));
  // A repeat that is not read still counts as hearing of its jobs.
  const repeats = arrivals.filter((_, index) => (counts[index] ?? 0) > 1).map(arrivalRow);
  const again = [...HEAR_AGAIN, READ_ANEW];
  const heard = inChunks(repeats).flatMap((json) => again.map((sql) => db.prepare(sql).bind(json)));
  if (heard.length > 0) await persistently(() => db.batch(heard));
  return counts;
}

/** What deliveries cause besides records, in the same transaction. */
export interface Causing {
  /** Null if nobody is told of events. */
  telling: Telling | null;
  /** Null if CI is not asked about callbacks. */
  verifying: Verifying | null;
}

/** These come first in a batch, because they check the state before. */
async function causedStatements(
  db: D1Database,
  told: readonly DeliveryReading[],
  { telling, verifying }: Causing,
  bytes: "arrived" | "kept",
): Promise<D1PreparedStatement[]> {
  return [
    ...(telling === null ? [] : await eventStatements(db, told, telling, verifying, bytes)),
    ...(verifying === null ? [] : questionStatements(db, told, bytes)),
  ];
}

export async function put(
  db: D1Database,
  persistently: Persistently,
  deliveries: readonly ReadArrival[],
  causing: Causing,
): Promise<Written> {
  const encoded = deliveries.map((one) => encodeArrival(one, readingRow(one.reading), tellsEnds(one.reading)));
  const events = await causedStatements(db, deliveries, causing, "arrived");
  const batch = [...events, ...arrivalStatements(db, encoded), ...recordStatements(db, deliveries)];
  if (deliveries.some(({ nonce }) => nonce === null)) batch.push(...restoreStatements(db, deliveries));
  const results = await persistently(() => db.batch<WrittenRow & EventRow>(batch));
  return {
    counts: countsOf(deliveries, results.slice(events.length)),
    events: bornOf(results.slice(0, events.length)),
  };
}

/** How many times each delivery has come, from the results of their statements, which are first in `results`. */
function countsOf(arrivals: readonly Arrival[], results: readonly D1Result<WrittenRow>[]): number[] {
  const told = results.slice(0, Math.ceil(arrivals.length / DELIVERIES_PER_STATEMENT));
  const counts = Map.groupBy(
    told.flatMap((result) => result.results),
    ({ id }) => id,
  );
  return arrivals.map(({ id }) => counts.get(id)?.shift()?.count ?? 0);
}

export async function putReadings(
  db: D1Database,
  persistently: Persistently,
  readings: readonly DeliveryReading[],
  causing: Causing,
): Promise<WrittenReadings> {
  const rows = readings.map(({ id, reading }) => ({ id, ...readingRow(reading) }));
  const chunks = inChunks(rows).map((json) => db.prepare(PUT_READINGS).bind(json));
  const events = await causedStatements(db, readings, causing, "kept");
  const batch = [...events, ...chunks, ...recordStatements(db, readings)];
  const results = await persistently(() => db.batch<Pick<WrittenRow, "id"> & EventRow>(batch));
  const told = results.slice(events.length, events.length + chunks.length);
  const kept = new Set(told.flatMap((result) => result.results.map(({ id }) => id)));
  return {
    gone: readings.map(({ id }) => id).filter((id) => !kept.has(id)),
    events: bornOf(results.slice(0, events.length)),
  };
}

/** Statements for the deliveries' rows, and for the parts of bodies that one row cannot hold. */
function arrivalStatements(db: D1Database, arrivals: readonly EncodedArrival[]): D1PreparedStatement[] {
  const groups = inGroups(arrivals, DELIVERIES_PER_STATEMENT);
  const answers = arrivals.filter(({ source }) => source === "reconcile");
  const marking = (sql: string, some: readonly EncodedArrival[], ...more: number[]) =>
    some.length === 0 ? [] : [db.prepare(sql).bind(JSON.stringify(some.map(({ id }) => id)), ...more)];
  return [
    ...groups.map((group) => db.prepare(putDeliveries(group.length)).bind(...group.flatMap(({ values }) => values))),
    ...marking(
      CHANGE_ANSWERED,
      answers.filter(({ isOfEnds, isRestored }) => !isOfEnds && !isRestored),
      Date.now(),
    ),
    ...marking(MARK_ANSWERS, answers),
    ...arrivals.flatMap(({ id, parts }) => parts.map((body, part) => db.prepare(PUT_PART).bind(id, part, body))),
  ];
}

/**
 * Statements for what the deliveries say about jobs and runs. They come after the deliveries' own statements in a
 * batch.
 */
function recordStatements(db: D1Database, told: readonly DeliveryReading[]): D1PreparedStatement[] {
  const jobs = told.flatMap(jobRows);
  const chunks = inChunks(jobs);
  const history = chunks.map((json) => db.prepare(PUT_HISTORY).bind(json));
  const isTold = new Set(jobs.map((job) => job.job_id)).size < jobs.length;
  return [
    ...history,
    ...chunks.map((json) => db.prepare(PUT_JOBS).bind(json)),
    ...(isTold ? history : []),
    ...inChunks(greatestPerJob(jobs)).map((json) => db.prepare(PUT_WORKFLOWS).bind(json)),
    ...inChunks(told.flatMap(runRows)).map((json) => db.prepare(PUT_RUNS).bind(json)),
  ];
}

type EncodedArrival = ReturnType<typeof encodeArrival>;

const tellsEnds = (reading: DeliveryReading["reading"]): boolean =>
  reading.ok && reading.value.jobs.every(({ terminal }) => terminal);

/** The values of an arrival's row, and the parts of a body that one row cannot hold. */
function encodeArrival(arrival: Arrival, reading: ReadingRow, isOfEnds: boolean) {
  const { encoding, parts } = encodeBody(arrival.body, arrival.size);
  const [whole = null] = parts.length === 1 ? parts : [];
  const split = whole === null ? parts : [];
  const row = { ...arrivalRow(arrival), ...reading, encoding, parts: split.length, body: whole };
  const { id, source, isRestored } = arrival;
  return { id, source, isRestored, isOfEnds, values: ARRIVAL_COLUMNS.map((column) => row[column]), parts: split };
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return groups;
}

/**
 * Of the rows that tell a job's workflow, the one with the greatest rank for each job, since an UPDATE would take any
 * of them.
 */
function greatestPerJob(rows: readonly JobRow[]): JobRow[] {
  const greatest = new Map<string, JobRow>();
  for (const row of rows) {
    const other = greatest.get(row.job_id)?.workflow_rank ?? "";
    if (row.workflow_rank !== null && row.workflow_rank > other) greatest.set(row.job_id, row);
  }
  return [...greatest.values()];
}
