/**
 * Expectations in D1. Triggers on the jobs keep `is_open` true to the jobs (migrations/0005_asking_ci.sql): any write
 * that makes a job terminal closes its expectation in the same transaction.
 */
import { endpointsOf } from "../../events/endpoints.ts";
import { eventKey } from "../../events/ids.ts";
import {
  type Announced,
  type AskOutcome,
  type ExpectedByList,
  type Expectations,
  type ExportedExpectation,
  FIRST_PAUSE_MILLISECONDS,
  LONGEST_PAUSE_MILLISECONDS,
  type OverdueAsk,
} from "../expectations.ts";
import type { Telling } from "../outbox.ts";
import type { Persistently } from "../retry.ts";
import type { Position } from "../lists.ts";
import { KNOWN_JOB, knownJob, type KnownJobRow, WITH_DELIVERY } from "./columns.ts";
import { born, bornOf, type EventRow } from "./events.ts";
import { inChunks } from "./json.ts";
import { pageOf, positionOf } from "./lists.ts";
import { keepNewestChange, NEWEST_CHANGE } from "./sql.ts";

/** When CI may be asked again, in SQL, from `now` and how often it was asked before. */
export const nextAsking = (now: string, asks: string): string =>
  `${now} + min(${FIRST_PAUSE_MILLISECONDS} << min(${asks}, 7), ${LONGEST_PAUSE_MILLISECONDS})`;

/** The number of a change made now. */
export const changeAt = (now: string): string => `max(${now} * 1000, ${NEWEST_CHANGE} + 1)`;

const ANNOUNCED = ["bucket", "region", "queue_id", "tag", "user_data"] as const;
const COLUMNS = `job_id, registered_at, due_at, ${ANNOUNCED.join(", ")}, changed, is_open, is_noted, asks, ask_at`;
const IS_TERMINAL = (jobId: string) => `EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = ${jobId} AND jobs.terminal = 1)`;

const EXISTS = "SELECT 1 FROM expectations WHERE job_id = ?1";

const RENEWED = [
  ...ANNOUNCED,
  "registered_at",
  "due_at",
  "changed",
  "is_open",
  "is_noted",
  "asks",
  "ask_at",
  "known_to_ci",
];
/** A number never gets less: who follows may not have seen the greater one. */
const RENEW = RENEWED.map((column) =>
  column === "changed" ? "changed = max(expectations.changed, excluded.changed)" : `${column} = excluded.${column}`,
).join(", ");

/** ?1 JobId, ?2 now, ?3 due, ?4 to ?8 what is announced. */
const PUT = `
  INSERT INTO expectations (${COLUMNS})
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ${changeAt("?2")}, NOT ${IS_TERMINAL("?1")}, 0, 0, ?3 WHERE true
  ON CONFLICT (job_id) DO UPDATE SET ${RENEW}`;

const GET = `SELECT ${KNOWN_JOB} FROM expectations AS e LEFT JOIN jobs AS j ON false ${WITH_DELIVERY} WHERE e.job_id = ?1`;

/** ?1 now, ?2 and ?3 the position, ?4 limit. */
const LIST_OVERDUE = `
  SELECT ${KNOWN_JOB} FROM (
    SELECT * FROM expectations WHERE is_open = 1 AND due_at <= ?1 AND (due_at, job_id) > (?2, ?3)
    ORDER BY due_at, job_id LIMIT ?4
  ) AS e LEFT JOIN jobs AS j ON j.job_id = e.job_id ${WITH_DELIVERY}
  ORDER BY e.due_at, e.job_id`;

/** How many expectations are noted at once. */
const NOTED_AT_ONCE = 100;

/** ?1 now, ?2 limit. */
const TO_NOTE = `
  SELECT job_id, due_at FROM expectations WHERE is_open = 1 AND is_noted = 0 AND ask_at <= ?1 LIMIT ${NOTED_AT_ONCE}`;

/** Those that are as they were read: not renewed, not met, and not noted by another run. */
const STILL_TO_NOTE = (table: string, due: string) =>
  `${table}.due_at = ${due} AND ${table}.is_open = 1 AND ${table}.is_noted = 0`;

/** Comes before NOTE in a batch, and checks the same conditions. */
const OVERDUE_EVENTS = born(
  ["due_at"],
  "JOIN expectations ON expectations.job_id = told.subject",
  STILL_TO_NOTE("expectations", "told.due_at"),
);

/** ?1 JSON list of what was read, ?2 now. */
const NOTE = `
  UPDATE expectations SET is_noted = 1, changed = ${changeAt("?2")}
  FROM json_each(?1) AS told
  WHERE expectations.job_id = told.value ->> 'subject' AND ${STILL_TO_NOTE("expectations", "told.value ->> 'due_at'")}
  RETURNING expectations.job_id`;

/** ?1 now, ?2 limit. */
const CLAIM = `
  UPDATE expectations SET asks = asks + 1, ask_at = ${nextAsking("?1", "asks")}
  WHERE job_id IN (
    SELECT job_id FROM expectations WHERE is_open = 1 AND is_noted = 1 AND ask_at <= ?1 ORDER BY ask_at LIMIT ?2
  ) AND is_open = 1 AND ask_at <= ?1
  RETURNING job_id`;

const CLAIMED = `
  SELECT e.job_id AS jobId, coalesce(j.bucket, e.bucket) AS bucket, coalesce(j.region, e.region) AS region,
    coalesce(j.tag, e.tag) AS tag, j.event, j.state, e.asks
  FROM expectations AS e LEFT JOIN jobs AS j ON j.job_id = e.job_id
  WHERE e.job_id IN (SELECT value FROM json_each(?1)) ORDER BY e.due_at, e.job_id`;

/** The new `known_to_ci`: null if CI knows the job; unchanged if CI did not answer. */
const KNOWN = "iif(told.is_known IS NULL, expectations.known_to_ci, iif(told.is_known, NULL, 0))";

/** ?1 JSON list of outcomes, ?2 now. That CI knows a job is a change only if it did not before. */
const SETTLE = `
  UPDATE expectations SET
    changed = iif(${KNOWN} IS expectations.known_to_ci, expectations.changed, ${changeAt("?2")}),
    known_to_ci = ${KNOWN},
    ask_at = coalesce(told.ask_at, expectations.ask_at)
  FROM (
    SELECT value ->> 'jobId' AS job_id, value ->> 'asks' AS asks, value ->> 'askAt' AS ask_at, value ->> 'isKnown' AS is_known
    FROM json_each(?1)
  ) AS told
  WHERE expectations.job_id = told.job_id AND expectations.asks = coalesce(told.asks, expectations.asks)`;

/** ?1 JSON list of jobs, ?2 now. */
const ADOPT = `
  INSERT INTO expectations (${COLUMNS})
  SELECT value ->> 'jobId', ?2, ?2, value ->> 'bucket', value ->> 'region', value ->> 'queueId', value ->> 'tag',
    value ->> 'userData', ${changeAt("?2")}, 1, 0, 0, ?2
  FROM json_each(?1) WHERE NOT ${IS_TERMINAL("value ->> 'jobId'")}
  ON CONFLICT (job_id) DO NOTHING RETURNING job_id`;

const OPEN_OF = "SELECT job_id FROM expectations WHERE job_id IN (SELECT value FROM json_each(?1)) AND is_open = 1";

const LIST_ALL = `
  SELECT job_id, registered_at, due_at, ${ANNOUNCED.join(", ")}, changed, is_open, is_noted, known_to_ci FROM expectations WHERE job_id > ?1 ORDER BY job_id LIMIT ?2`;

/** ?1 JSON list of expectations. Of two, the later is kept, with its own number: it is no change of today, nor overdue anew. */
const RESTORE = `
  INSERT INTO expectations (${COLUMNS}, known_to_ci)
  SELECT value ->> 'jobId', value ->> 'registeredAt', value ->> 'dueAt', value ->> 'bucket', value ->> 'region',
    value ->> 'queueId', value ->> 'tag', value ->> 'userData', coalesce(value ->> 'lastChange', value ->> 'registeredAt' * 1000),
    NOT (coalesce(value ->> 'isMet', 0) OR ${IS_TERMINAL("value ->> 'jobId'")}), coalesce(value ->> 'isNoted', 0), 0, value ->> 'dueAt', value ->> 'knownToCi'
  FROM json_each(?1) WHERE true
  ON CONFLICT (job_id) DO UPDATE SET ${RENEW} WHERE excluded.registered_at > expectations.registered_at`;

/** How many expectations are deleted at once. */
const PURGED_AT_ONCE = 500;
const IS_OLD = "is_open IN (0, 1) AND due_at < ?1";
const PURGE = `
  DELETE FROM expectations WHERE job_id IN (SELECT job_id FROM expectations WHERE ${IS_OLD} LIMIT ${PURGED_AT_ONCE}) AND due_at < ?1`;
const BEFORE_PURGE = keepNewestChange(`EXISTS (SELECT 1 FROM expectations WHERE ${IS_OLD})`);

const REMOVE = "DELETE FROM expectations WHERE job_id = ?1";
const BEFORE_REMOVE = keepNewestChange(`EXISTS (${EXISTS})`);

interface ExpectationRow {
  job_id: string;
  registered_at: number;
  due_at: number;
  bucket: string | null;
  region: string | null;
  queue_id: string | null;
  tag: string | null;
  user_data: string | null;
  changed: number;
  is_open: 0 | 1;
  is_noted: 0 | 1;
  known_to_ci: 0 | null;
}

export function d1Expectations(db: D1Database, persistently: Persistently, telling: Telling | null): Expectations {
  const all = async <Row>(sql: string, ...values: Position) => {
    const statement = db.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };

  async function overdueEvents(due: readonly { job_id: string; due_at: number }[], now: number) {
    if (telling === null || !telling.types.includes("job.overdue")) return [];
    const endpoints = JSON.stringify((await endpointsOf(telling.urls)).map(({ id }) => id));
    const causes = await Promise.all(
      due.map(async ({ job_id: subject, due_at }) => {
        const type = "job.overdue" as const;
        return { key: await eventKey(type, subject, String(due_at)), type, subject, delivery_id: null, due_at };
      }),
    );
    return inChunks(causes).map((json) => db.prepare(OVERDUE_EVENTS).bind(json, endpoints, now, telling.leased));
  }

  return {
    async put(jobId, { bucket, region, queueId, tag, userData }, dueAt, now) {
      const statements = [
        db.prepare(EXISTS).bind(jobId),
        db.prepare(PUT).bind(jobId, now, dueAt, bucket, region, queueId, tag, userData),
      ];
      const [before] = await persistently(() => db.batch(statements));
      return before?.results.length === 0 ? "new" : "renewed";
    },

    async remove(jobId) {
      const statements = [BEFORE_REMOVE, REMOVE].map((sql) => db.prepare(sql).bind(jobId));
      await persistently(() => db.batch(statements));
    },

    async get(jobId) {
      const [row] = await all<KnownJobRow>(GET, jobId);
      const known = row === undefined ? null : knownJob(row);
      return known === null || "summary" in known ? null : known;
    },

    async listOverdue(limit, after, now) {
      const [due, id] = after === null ? [Number.MIN_SAFE_INTEGER, ""] : positionOf(after, "number", "string");
      const rows = await all<KnownJobRow & { due_at: number }>(LIST_OVERDUE, now, due ?? 0, id ?? "", limit + 1);
      const page = pageOf(rows, limit, knownJob, (row) => [row.due_at, row.expected_job_id ?? ""]);
      return { ...page, items: page.items.filter((item) => item !== null) };
    },

    async note(now) {
      const due = await all<{ job_id: string; due_at: number }>(TO_NOTE, now);
      if (due.length === 0) return { overdue: 0, events: [], isDone: true };
      const events = await overdueEvents(due, now);
      const read = JSON.stringify(due.map(({ job_id: subject, due_at }) => ({ subject, due_at })));
      const results = await persistently(() => db.batch<EventRow>([...events, db.prepare(NOTE).bind(read, now)]));
      return {
        overdue: results.at(-1)?.results.length ?? 0,
        events: bornOf(results.slice(0, events.length)),
        isDone: due.length < NOTED_AT_ONCE,
      };
    },

    async claim(limit, now) {
      const claimed = await all<{ job_id: string }>(CLAIM, now, limit);
      if (claimed.length === 0) return [];
      return all<OverdueAsk>(CLAIMED, JSON.stringify(claimed.map(({ job_id }) => job_id)));
    },

    async settle(outcomes: readonly AskOutcome[], now) {
      // If CI did not answer, only the time of the next question changes.
      const heard = outcomes.filter(({ isKnown, askAt }) => isKnown !== null || askAt !== null);
      if (heard.length > 0) await all(SETTLE, JSON.stringify(heard), now);
    },

    async adopt(jobs: readonly ExpectedByList[], now) {
      const results = await Promise.all(inChunks(jobs).map((json) => all(ADOPT, json, now)));
      return results.reduce((sum, rows) => sum + rows.length, 0);
    },

    async openOf(jobIds) {
      const rows = await all<{ job_id: string }>(OPEN_OF, JSON.stringify(jobIds));
      return new Set(rows.map(({ job_id }) => job_id));
    },

    async listAll(limit, after) {
      const [from = ""] = after === null ? [] : positionOf(after, "string");
      const rows = await all<ExpectationRow>(LIST_ALL, from, limit + 1);
      return pageOf(rows, limit, exportedOf, (row) => [row.job_id]);
    },

    async restore(expectations) {
      for (const json of inChunks(expectations)) await all(RESTORE, json);
    },

    async purge(before) {
      const statements = [BEFORE_PURGE, PURGE].map((sql) => db.prepare(sql).bind(before));
      const rows = (await persistently(() => db.batch(statements)))[1]?.meta.changes ?? 0;
      return { rows, isDone: rows < PURGED_AT_ONCE };
    },
  };
}

const exportedOf = (row: ExpectationRow): ExportedExpectation => ({
  jobId: row.job_id,
  registeredAt: row.registered_at,
  dueAt: row.due_at,
  ...announcedOf(row),
  lastChange: row.changed,
  isMet: row.is_open === 0,
  isNoted: row.is_noted === 1,
  knownToCi: row.known_to_ci === 0 ? false : null,
});

const announcedOf = ({ bucket, region, queue_id: queueId, tag, user_data: userData }: ExpectationRow): Announced => ({
  bucket,
  region,
  queueId,
  tag,
  userData,
});
