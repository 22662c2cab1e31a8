/**
 * The outbox in D1. An attempt needs a lease, which an UPDATE of a due event takes. Its outcome is written only if the
 * lease is still the same, so a late writer overwrites nothing. events.ts says how events are written.
 */
import { endpointsOf } from "../../events/endpoints.ts";
import type { EventError } from "../../events/events.ts";
import { jobEventKey } from "../../events/ids.ts";
import {
  BREAKER_FAILURES,
  BREAKER_LONGEST_MILLISECONDS,
  BREAKER_MILLISECONDS,
  FIRST_ATTEMPTS,
  LEASE_MILLISECONDS,
  MAX_ATTEMPTS,
  PATIENCE_MILLISECONDS,
} from "../../events/limits.ts";
import type { EndpointOutcome, Outbox, OutboxEvent, Telling, WaitingEndpoint } from "../outbox.ts";
import type { Persistently } from "../retry.ts";
import type { Position } from "../lists.ts";
import { eventOf, listEvents, PLACES } from "./event-lists.ts";
import { changeText, EVENT_COLUMNS, type EventRow, leasedOf } from "./events.ts";

const WAITING = `
  ${PLACES}
  SELECT places.endpoint, endpoints.open_until AS openUntil, coalesce(endpoints.failures, 0) AS failures,
    (SELECT min(due_at) FROM events WHERE events.endpoint = places.endpoint AND due_at IS NOT NULL) AS dueAt
  FROM places LEFT JOIN endpoints ON endpoints.id = places.endpoint WHERE places.endpoint IS NOT NULL`;

const IS_DUE = "due_at IS NOT NULL AND due_at <= ?1";
const DUE_AT = `SELECT seq FROM events WHERE endpoint = ?2 AND ${IS_DUE} ORDER BY due_at LIMIT ?3`;
const THESE = "SELECT value FROM json_each(?2)";

/** ?1 is now. */
const leaseWhere = (condition: string) => `
  UPDATE events SET attempts = attempts + 1, due_at = ?1 + ${LEASE_MILLISECONDS} WHERE ${condition} RETURNING ${EVENT_COLUMNS}`;
const LEASE = leaseWhere(`seq IN (${DUE_AT})`);
const LEASE_THESE = leaseWhere(`id IN (${THESE}) AND ${IS_DUE}`);

const LIST_DUE = `SELECT id FROM events WHERE endpoint = ?2 AND ${IS_DUE} ORDER BY due_at LIMIT ?3`;

const ENDPOINTS_OF = `
  SELECT events.id, endpoint FROM events LEFT JOIN endpoints ON endpoints.id = events.endpoint
  WHERE events.id IN (${THESE}) AND ${IS_DUE} AND coalesce(endpoints.failures, 0) < ${BREAKER_FAILURES}`;

const TAKE_PROBE = `
  UPDATE endpoints SET open_until = ?1 + ${LEASE_MILLISECONDS}
  WHERE id = ?2 AND failures >= ${BREAKER_FAILURES} AND open_until <= ?1 RETURNING id`;

const COLUMNS_SETTLED = [
  "id",
  "attempt",
  "lease",
  "status",
  "due_at",
  "attempts",
  "last_status",
  "last_error",
  "ended_at",
];
const SETTLE = `
  UPDATE events SET status = told.status, due_at = told.due_at, attempts = told.attempts,
    last_status = told.last_status, last_error = told.last_error, ended_at = told.ended_at
  FROM (SELECT ${COLUMNS_SETTLED.map((column) => `value ->> '${column}' AS ${column}`).join(", ")} FROM json_each(?1)) AS told
  WHERE events.id = told.id AND events.due_at = told.lease AND events.attempts = told.attempt`;

const ANSWERED = "UPDATE endpoints SET failures = 0, open_until = NULL WHERE id = ?1 AND failures > 0";

/** ?1 endpoint, ?2 failures, ?3 now. */
const openUntil = (failures: string) => `iif(${failures} >= ${BREAKER_FAILURES},
  ?3 + min(${BREAKER_MILLISECONDS} << min(${failures} - ${BREAKER_FAILURES}, 10), ${BREAKER_LONGEST_MILLISECONDS}), NULL)`;
const FAILED = `
  INSERT INTO endpoints (id, failures, open_until) VALUES (?1, ?2, ${openUntil("?2")})
  ON CONFLICT (id) DO UPDATE SET failures = endpoints.failures + ?2, open_until = ${openUntil("(endpoints.failures + ?2)")}`;

/** How many events one statement gives up or looks at, the first due first. */
const FAILED_AT_ONCE = 500;

/** ?1 is now. */
const failWhere = (error: EventError, condition: string) => `
  UPDATE events SET status = 'failed', due_at = NULL, ended_at = ?1, last_error = '${error}' WHERE seq IN (${condition})`;
const FAIL_REMOVED = failWhere(
  "endpoint-removed",
  `SELECT seq FROM events WHERE endpoint = ?2 AND due_at IS NOT NULL LIMIT ${FAILED_AT_ONCE}`,
);

/** ?3 is how long an event may wait behind the breaker, by attempts. */
const FAIL_OVERDUE = failWhere(
  "endpoint-down",
  `SELECT seq FROM (
    SELECT seq, due_at, attempts FROM events WHERE endpoint = ?2 AND ${IS_DUE} ORDER BY due_at LIMIT ${FAILED_AT_ONCE}
  ) WHERE due_at + (?3 ->> min(attempts, ${MAX_ATTEMPTS})) < ?1`,
);

/**
 * A pending event that is due within this time, in milliseconds, may be under attempt. Twice the lease, since clocks
 * differ.
 */
const MAY_BE_LEASED_MILLISECONDS = 2 * LEASE_MILLISECONDS;

/** ?1 is now. An event that is sent again starts with no attempts. */
const REARM = "status = 'pending', attempts = 0, due_at = ?1, ended_at = NULL";
const MAY_BE_REARMED = `(events.due_at IS NULL OR events.due_at > ?1 + ${MAY_BE_LEASED_MILLISECONDS})`;
const RESEND = `UPDATE events SET ${REARM} WHERE id = ?2 AND endpoint IN (SELECT value FROM json_each(?3)) AND ${MAY_BE_REARMED}`;
const RESEND_FAILED = `
  UPDATE events SET ${REARM} WHERE seq IN (
    SELECT seq FROM events WHERE status = 'failed' AND endpoint IN (SELECT value FROM json_each(?2)) ORDER BY seq LIMIT ?3
  ) RETURNING id`;

/** Where the count of failed events stops. */
const FAILED_BOUND = 1_000;
const COUNT_FAILED = `
  SELECT count(*) AS n FROM (
    SELECT 1 FROM events WHERE status = 'failed' AND endpoint IN (SELECT value FROM json_each(?1)) LIMIT ${FAILED_BOUND}
  )`;

/**
 * ?1 now, ?2 type, ?3 job, ?4 delivery, ?5 key, ?6 endpoints. Of the events about changes, the last one is sent again.
 */
const TELL_AGAIN = `
  INSERT INTO events (id, endpoint, type, subject, delivery_id, created_at, attempts, due_at, status)
  SELECT iif(?2 = 'job.finished', 'evt_' || ?5 || places.value, coalesce(
      (SELECT id FROM events WHERE subject = ?3 AND type = ?2 AND endpoint = places.value ORDER BY seq DESC LIMIT 1),
      (SELECT 'evt_' || ?5 || ${changeText("coalesce(changed, place)")} || places.value FROM jobs WHERE job_id = ?3)
    )), places.value, ?2, ?3, ?4, ?1, 0, ?1, 'pending'
  FROM json_each(?6) AS places WHERE true
  ON CONFLICT (id) DO UPDATE SET ${REARM} WHERE ${MAY_BE_REARMED}`;
const TOLD_AGAIN = `
  SELECT ${EVENT_COLUMNS} FROM events WHERE seq IN (
    SELECT max(seq) FROM events WHERE subject = ?1 AND type = ?2 AND (type = 'job.updated' OR id = 'evt_' || ?3 || endpoint)
      AND endpoint IN (SELECT value FROM json_each(?4)) GROUP BY endpoint
  ) ORDER BY seq`;

/** How many rows one slice of retention looks at. */
const SLICE_ROWS = 500;

/** ?1 and ?2: delivered and failed events that ended before these times are deleted. */
const IS_OLD = "due_at IS NULL AND ended_at < iif(status = 'delivered', ?1, ?2)";
const SLICE = `
  SELECT seq, created_at < max(?1, ?2) AS is_old, (${IS_OLD}) AS is_due FROM events
  WHERE seq > coalesce((SELECT seq FROM marks WHERE name = 'events'), 0) ORDER BY seq LIMIT ${SLICE_ROWS}`;
const SET_MARK = `
  INSERT INTO marks (name, seq) VALUES ('events', ?1)
  ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE marks.seq <> excluded.seq`;
const DELETE_SLICE = `DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?3)) AND ${IS_OLD}`;

export function d1Outbox(db: D1Database, persistently: Persistently, telling: Telling | null): Outbox {
  const all = async <Row>(sql: string, ...values: Position) => {
    const statement = db.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };
  const changes = async (statement: D1PreparedStatement) => (await persistently(() => statement.run())).meta.changes;
  const configured = async () => JSON.stringify((await endpointsOf(telling?.urls ?? [])).map(({ id }) => id));
  const get = async (id: string): Promise<OutboxEvent | null> => {
    const [row] = await all<EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE id = ?1`, id);
    return row === undefined ? null : eventOf(row);
  };

  return {
    costs: { look: 1, wave: 3, attempt: 2, failed: 0 },
    attemptsAtOnce: FIRST_ATTEMPTS,

    waiting: () => all<WaitingEndpoint>(WAITING),

    lease: async (endpoint, limit, now) => (await all<EventRow>(LEASE, now, endpoint, limit)).map(leasedOf),

    leaseThese: async (ids, now) => (await all<EventRow>(LEASE_THESE, now, JSON.stringify(ids))).map(leasedOf),

    async listDue(endpoint, limit, now) {
      return (await all<{ id: string }>(LIST_DUE, now, endpoint, limit)).map(({ id }) => id);
    },

    async endpointsOf(ids, now) {
      const rows = await all<{ id: string; endpoint: string }>(ENDPOINTS_OF, now, JSON.stringify(ids));
      return new Map(rows.map(({ id, endpoint }) => [id, endpoint]));
    },

    takeProbe: async (endpoint, now) => (await all(TAKE_PROBE, now, endpoint)).length > 0,

    async settle(settlements, outcome, now) {
      const rows = settlements.map(({ event, status, dueAt, lastStatus, lastError }) => ({
        id: event.id,
        attempt: event.attempt,
        lease: event.leasedUntil,
        status,
        due_at: dueAt,
        attempts: event.attempt,
        last_status: lastStatus,
        last_error: lastError,
        ended_at: status === "pending" ? null : now,
      }));
      const batch = [db.prepare(SETTLE).bind(JSON.stringify(rows)), ...breakerStatements(db, outcome, now)];
      await persistently(() => db.batch(batch));
    },

    async release(events, now) {
      const rows = events.map(({ id, attempt, leasedUntil: lease, lastStatus, lastError }) => ({
        id,
        attempt,
        lease,
        status: "pending",
        due_at: now,
        attempts: attempt - 1,
        last_status: lastStatus,
        last_error: lastError,
        ended_at: null,
      }));
      await all(SETTLE, JSON.stringify(rows));
    },

    async failRemoved(endpoint, now) {
      return changes(db.prepare(FAIL_REMOVED).bind(now, endpoint));
    },

    async failOverdue(endpoint, now) {
      return changes(db.prepare(FAIL_OVERDUE).bind(now, endpoint, JSON.stringify(PATIENCE_MILLISECONDS)));
    },

    list: (filter, limit, after) => listEvents(all, filter, limit, after),

    get,

    async resend(id, now) {
      await all(RESEND, now, id, await configured());
      return get(id);
    },

    async resendFailed(limit, now) {
      const endpoints = await configured();
      const rows = await all<{ id: string }>(RESEND_FAILED, now, endpoints, limit);
      const [left] = await all<{ n: number }>(COUNT_FAILED, endpoints);
      return { ids: rows.map(({ id }) => id), left: left?.n ?? 0 };
    },

    async tellAgain(jobId, now) {
      const [job] = await all<Parameters<typeof jobEventKey>[1] & { terminal: number }>(
        "SELECT job_id, delivery_id, state, terminal FROM jobs WHERE job_id = ?1",
        jobId,
      );
      if (job === undefined) return null;
      const type = job.terminal === 1 ? "job.finished" : "job.updated";
      const key = await jobEventKey(type, job);
      const endpoints = await configured();
      await all(TELL_AGAIN, now, type, jobId, job.delivery_id, key, endpoints);
      return (await all<EventRow>(TOLD_AGAIN, jobId, type, key, endpoints)).map(eventOf);
    },

    async purge(delivered, failed) {
      const cutoffs = [delivered ?? Number.MIN_SAFE_INTEGER, failed] as const;
      const rows = await all<{ seq: number; is_old: 0 | 1; is_due: 0 | 1 }>(SLICE, ...cutoffs);
      const isDone = !rows.some((row) => row.is_old === 1);
      const due = rows.filter((row) => row.is_due === 1).map(({ seq }) => seq);
      const mark = db.prepare(SET_MARK).bind(isDone ? 0 : (rows.at(-1)?.seq ?? 0));
      const batch = [mark, db.prepare(DELETE_SLICE).bind(...cutoffs, JSON.stringify(due))];
      const results = await persistently(() => db.batch(batch));
      return { rows: results[1]?.meta.changes ?? 0, isDone };
    },
  };
}

/** Any answer closes the breaker. Failures after it count from there. */
function breakerStatements(db: D1Database, { endpoint, answered, failures }: EndpointOutcome, now: number) {
  return [
    ...(answered ? [db.prepare(ANSWERED).bind(endpoint)] : []),
    ...(failures > 0 ? [db.prepare(FAILED).bind(endpoint, failures, now)] : []),
  ];
}
