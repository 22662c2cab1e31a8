/** Lists and counts of events in D1. */
import type { EventFilter, OutboxEvent } from "../outbox.ts";
import type { Page, Position } from "../lists.ts";
import { EVENT_COLUMNS, type EventRow } from "./events.ts";
import { pageOf, positionOf } from "./lists.ts";

/** How many endpoints of pending events are looked at: the configured ones, and some former ones. */
const WAITING_ENDPOINTS = 20;

/** Steps from endpoint to endpoint along the index of due events. `places` are the endpoints with pending events. */
export const PLACES = `
  WITH RECURSIVE places (endpoint) AS (
    SELECT min(endpoint) FROM events WHERE due_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(endpoint) FROM events WHERE endpoint > places.endpoint AND due_at IS NOT NULL)
    FROM places WHERE places.endpoint IS NOT NULL LIMIT ${WAITING_ENDPOINTS}
  )`;

/** Pending events by endpoint, each counted up to a bound, for the figures. */
export const pendingFigures = (bound: number) => `
  ${PLACES}
  SELECT endpoint, (
    SELECT count(*) FROM (SELECT 1 FROM events WHERE events.endpoint = places.endpoint AND due_at IS NOT NULL LIMIT ${bound})
  ) AS pending, (
    SELECT min(created_at) FROM (
      SELECT created_at FROM events WHERE events.endpoint = places.endpoint AND due_at IS NOT NULL ORDER BY due_at LIMIT ${bound}
    )
  ) AS oldest
  FROM places WHERE endpoint IS NOT NULL`;

/** How many rows a page may look at to find its events, since few of many may match. */
const ROWS_PER_PAGE = 1_000;

export type All = <Row>(sql: string, ...values: Position) => Promise<Row[]>;

/** Uses the index of subjects or of failed events if it can. Otherwise newest first, as far as a page may look. */
export async function listEvents(
  all: All,
  { status, type, jobId }: EventFilter,
  limit: number,
  after: Position | null,
): Promise<Page<OutboxEvent>> {
  const [from = Number.MAX_SAFE_INTEGER] = after === null ? [] : positionOf(after, "number");
  const conditions: [string, string | number][] = [];
  if (type !== undefined) conditions.push(["type = ?", type]);
  if (jobId !== undefined) conditions.push(["subject = ? AND type LIKE 'job.%'", jobId]);
  if (status !== undefined) conditions.push(["status = ?", status]);
  const isIndexed = jobId !== undefined || status === "failed" || conditions.length === 0;
  // Written as in the index of failed events: SQLite does not use the index for a bound value.
  const which = status === "failed" ? ["status = 'failed'"] : ["true"];
  const where = [...which, ...conditions.map(([condition]) => condition)].join(" AND ");
  const source = isIndexed
    ? `SELECT * FROM events WHERE seq < ? AND ${where}`
    : `SELECT * FROM (SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ${ROWS_PER_PAGE}) WHERE ${where}`;
  const values = conditions.map(([, value]) => value);
  const sql = `SELECT seq, ${EVENT_COLUMNS} FROM (${source}) ORDER BY seq DESC LIMIT ?`;
  const rows = await all<EventRow & { seq: number }>(sql, from, ...values, limit + 1);
  const page = pageOf(rows, limit, eventOf, ({ seq }) => [seq]);
  if (isIndexed || page.next !== null) return page;
  // The page has looked at as many rows as it may. It continues below the last of them, if there are more.
  const [last] = await all<{ seq: number }>(
    `SELECT seq FROM events WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ${ROWS_PER_PAGE - 1}`,
    from,
  );
  return { items: page.items, next: last === undefined ? null : [last.seq] };
}

export const eventOf = (row: EventRow): OutboxEvent => ({
  id: row.id,
  endpoint: row.endpoint,
  type: row.type,
  subject: row.subject,
  createdAt: row.created_at,
  status: row.status,
  attempts: row.attempts,
  dueAt: row.due_at,
  lastStatus: row.last_status,
  lastError: row.last_error,
});
