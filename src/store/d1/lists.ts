/** What lists in D1 share: the WHERE of a filter, where a list goes on, and the page that comes of it. */
import { type JobFilter, type JobFilterName, type Page, type Position, PositionError } from "../store.ts";

const FILTER_COLUMNS = {
  state: "state",
  tag: "tag",
  bucket: "bucket",
  object: "object",
  queueId: "queue_id",
  runId: "run_id",
  userData: "user_data",
} as const satisfies Record<Exclude<JobFilterName, "receivedAfter" | "receivedBefore">, string>;

/** The WHERE of a list. The index of states leaves out Success, most of all jobs: naming that lets SQLite use it. */
export function conditions(filter: JobFilter, after: Position | null): { where: string; values: (string | number)[] } {
  const terms: string[] = [];
  const values: (string | number)[] = [];
  const add = (term: string, ...bound: Position) => {
    terms.push(term);
    values.push(...bound);
  };
  for (const [name, column] of Object.entries(FILTER_COLUMNS)) {
    const wanted = filter[name as keyof typeof FILTER_COLUMNS];
    if (wanted !== undefined) add(`j.${column} = ?`, wanted);
  }
  if (filter.state !== undefined && filter.state !== "Success") add("j.state <> 'Success'");
  if (filter.receivedAfter !== undefined) add("j.received_at > ?", filter.receivedAfter);
  if (filter.receivedBefore !== undefined) add("j.received_at < ?", filter.receivedBefore);
  if (after !== null) add("(j.received_at, j.job_id) < (?, ?)", ...positionOf(after, "number", "string"));
  return { where: terms.length === 0 ? "" : `WHERE ${terms.join(" AND ")}`, values };
}

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
