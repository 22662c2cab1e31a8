/** Verdicts in D1: questions about callbacks, written in the callback's transaction, and CI's answers. */
import type { EventRow } from "./events.ts";
import { CAME_HERE, greatest, isChanged, OF_RECORD } from "./events.ts";
import type { Persistently } from "../retry.ts";
import { jobRows } from "../rows.ts";
import type { DeliveryReading } from "../store.ts";
import type { Position } from "../lists.ts";
import type { Verdict, VerdictAsk, Verdicts } from "../verdicts.ts";
import { changeAt, nextAsking } from "./expectations.ts";
import { inChunks } from "./json.ts";

/** ?1 JSON list of rows, ?2 now. Comes before the jobs' own statement, and checks its condition on the state before. */
const ask = (condition: string) => `
  INSERT INTO verdicts (job_id, delivery_id, asked_at, asks, ask_at)
  SELECT told.job_id, told.delivery_id, ?2, 0, ?2
  FROM (SELECT ${["job_id", "delivery_id", ...OF_RECORD].map((column) => `value ->> '${column}' AS ${column}`).join(", ")} FROM json_each(?1)) AS told
    LEFT JOIN jobs ON jobs.job_id = told.job_id
  WHERE ${condition}
  ON CONFLICT DO NOTHING`;

/** For deliveries that arrive in this batch, and for deliveries that are kept already. */
const ASK = {
  arrived: ask(isChanged("jobs", "job_id")),
  kept: ask(`${CAME_HERE} AND ${isChanged("jobs", "job_id")}`),
} as const;

/**
 * Notes questions about callbacks that become the records of their jobs. Not about imported deliveries, or CI's own
 * answers.
 */
export function questionStatements(
  db: D1Database,
  deliveries: readonly DeliveryReading[],
  bytes: keyof typeof ASK,
): D1PreparedStatement[] {
  const told = deliveries.filter(({ isRestored, source }) => !isRestored && source === "callback");
  const rows = greatest(told.flatMap(jobRows), ({ job_id }) => job_id);
  const asked = rows.map(({ job_id, delivery_id, rank, terminal, state }) => ({
    job_id,
    delivery_id,
    rank,
    terminal,
    state,
  }));
  return inChunks(asked).map((json) => db.prepare(ASK[bytes]).bind(json, Date.now()));
}

const IS_BEHIND_RECORD =
  "EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = verdicts.job_id AND jobs.delivery_id = verdicts.delivery_id)";

const IS_DUE = "ask_at IS NOT NULL AND ask_at <= ?1";
const DUE = `(SELECT job_id, delivery_id FROM verdicts WHERE ${IS_DUE} ORDER BY ask_at LIMIT ?2)`;
const DUE_OF_THESE = `(SELECT job_id, delivery_id FROM verdicts
  WHERE job_id IN (SELECT value FROM json_each(?3)) AND ${IS_DUE} ORDER BY ask_at LIMIT ?2)`;

/** ?1 now, ?2 limit, ?3 JSON list of JobIds. */
const claim = (which: string) => `
  UPDATE verdicts SET asks = asks + 1, ask_at = iif(${IS_BEHIND_RECORD}, ${nextAsking("?1", "asks")}, NULL)
  WHERE (job_id, delivery_id) IN ${which} AND ${IS_DUE}
  RETURNING job_id AS jobId, delivery_id AS delivery, asked_at AS askedAt, asks, ask_at AS askAt`;
const CLAIM = claim(DUE);
const CLAIM_THESE = claim(DUE_OF_THESE);

const CLAIMED = `
  SELECT told.value ->> 'jobId' AS jobId, told.value ->> 'delivery' AS delivery, told.value ->> 'askedAt' AS askedAt,
    told.value ->> 'asks' AS asks, j.bucket, j.region, j.tag, j.event
  FROM json_each(?1) AS told JOIN jobs AS j ON j.job_id = told.value ->> 'jobId' AND j.delivery_id = told.value ->> 'delivery'`;

const TOLD = `(SELECT value ->> 'jobId' AS job_id, value ->> 'delivery' AS delivery_id, value ->> 'asks' AS asks,
    value ->> 'verified' AS verified, value ->> 'askAt' AS ask_at FROM json_each(?1)) AS told`;

/** A verdict that no later question has overtaken. */
const ITS_VERDICT = `verdicts.job_id = told.job_id AND verdicts.delivery_id = told.delivery_id AND verdicts.asks = told.asks`;

/** Statements before SETTLE check the state before. ?1 JSON list of verdicts, ?2 now. */
const CHANGE_JOBS = `
  UPDATE jobs SET changed = max(${changeAt("?2")}, coalesce(jobs.changed, jobs.place))
  FROM ${TOLD} JOIN verdicts ON ${ITS_VERDICT}
  WHERE jobs.job_id = told.job_id AND jobs.delivery_id = told.delivery_id AND verdicts.verified IS NOT told.verified`;

const ITS_EVENTS = `FROM ${TOLD} JOIN verdicts ON ${ITS_VERDICT}
    JOIN events ON events.subject = told.job_id AND events.delivery_id = told.delivery_id`;

/** The id of the event with the other type, but the same cause and endpoint. */
const DISPUTED_ID = "'evt_d' || substr(events.id, 5)";
const FINISHED_ID = "'evt_' || substr(events.id, 6)";

/** ?2 is now. A disputed end is sent as `job.disputed`; if it is no longer disputed, as `job.finished`. */
const turned = (from: string, to: string, id: string, verified: 0 | 1) => `
  INSERT INTO events (id, endpoint, type, subject, delivery_id, created_at, attempts, due_at, status)
  SELECT ${id}, events.endpoint, '${to}', events.subject, events.delivery_id, ?2, 0, ?2, 'pending'
  ${ITS_EVENTS} WHERE told.verified = ${verified} AND events.type = '${from}'
  ON CONFLICT (id) DO NOTHING`;

/** Events that were never attempted, and are not needed any more. */
const dropped = (condition: string) => `
  DELETE FROM events WHERE seq IN (
    SELECT events.seq ${ITS_EVENTS} WHERE events.attempts = 0 AND events.due_at IS NOT NULL AND ${condition}
  )`;

/** If CI's own answer has become the record, its own event tells of that end. */
const IS_TOLD_BY_ANSWER = `EXISTS (
    SELECT 1 FROM jobs JOIN events AS other ON other.subject = jobs.job_id AND other.delivery_id = jobs.delivery_id
    WHERE jobs.job_id = told.job_id AND jobs.delivery_id <> told.delivery_id
      AND other.type = events.type AND other.endpoint = events.endpoint
  )`;

const EVENTS = [
  turned("job.finished", "job.disputed", DISPUTED_ID, 0),
  turned("job.disputed", "job.finished", FINISHED_ID, 1),
  dropped("told.verified = 0 AND events.type = 'job.finished'"),
  dropped("told.verified = 1 AND events.type = 'job.disputed'"),
  dropped(`told.verified = 1 AND events.type = 'job.finished' AND ${IS_TOLD_BY_ANSWER}`),
  `UPDATE events SET due_at = ?2 WHERE seq IN (
    SELECT events.seq ${ITS_EVENTS} WHERE told.verified IS NOT NULL AND events.attempts = 0 AND events.due_at > ?2
  )`,
];

const SETTLE = `
  UPDATE verdicts SET verified = told.verified, ask_at = told.ask_at FROM ${TOLD} WHERE ${ITS_VERDICT}`;

const NOW_DUE = `SELECT events.id ${ITS_EVENTS} WHERE events.attempts = 0 AND events.due_at <= ?2`;

export function d1Verdicts(db: D1Database, persistently: Persistently): Verdicts {
  const all = async <Row>(sql: string, ...values: Position) => {
    const statement = db.prepare(sql).bind(...values);
    return (await persistently(() => statement.all<Row>())).results;
  };

  return {
    async claim(jobIds, limit, now) {
      const claimed = await (jobIds === null
        ? all<VerdictAsk & { askAt: number | null }>(CLAIM, now, limit)
        : all<VerdictAsk & { askAt: number | null }>(CLAIM_THESE, now, limit, JSON.stringify(jobIds)));
      const asked = claimed.filter(({ askAt }) => askAt !== null);
      return asked.length === 0 ? [] : all<VerdictAsk>(CLAIMED, JSON.stringify(asked));
    },

    async settle(verdicts: readonly Verdict[], now) {
      if (verdicts.length === 0) return [];
      const told = JSON.stringify(
        verdicts.map(({ verified, ...verdict }) => ({
          ...verdict,
          verified: verified === null ? null : Number(verified),
        })),
      );
      const bound = (sql: string) => db.prepare(sql).bind(...(sql.includes("?2") ? [told, now] : [told]));
      const statements = [CHANGE_JOBS, SETTLE, ...EVENTS, NOW_DUE].map(bound);
      const results = await persistently(() => db.batch<Pick<EventRow, "id">>(statements));
      return (results.at(-1)?.results ?? []).map(({ id }) => id);
    },
  };
}
