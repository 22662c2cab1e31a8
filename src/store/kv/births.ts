/**
 * How events are written in KV. There is no transaction, so the order of writes makes it safe: an event is written
 * before the claim or head that causes it. As long as that is missing, a repeat writes the event again with the same
 * id. So everything that was acknowledged is told at least once. Because of stale reads, an event may be sent once
 * more.
 */
import { type Endpoint, endpointsOf } from "../../events/endpoints.ts";
import type { EventType } from "../../events/events.ts";
import { eventKey, jobEventKey } from "../../events/ids.ts";
import { BREAKER_FAILURES } from "../../events/limits.ts";
import type { LeasedEvent, Telling } from "../outbox.ts";
import { type JobRow, READER_DIGITS, readingRow, type RunRow } from "../rows.ts";
import type { DeliveryReading, KeptJob, KeptRun } from "../store.ts";
import type { Claims } from "./claims.ts";
import { type EventEntries, leasedOf, newEvent } from "./event-entries.ts";
import { type Head, isNews } from "./heads.ts";
import type { NextLook } from "./next-look.ts";

/**
 * How long an event is leased to its writer, in milliseconds: a lease, and the minute for which another's list may be
 * stale.
 */
export const KV_LEASE_MILLISECONDS = 120_000;

interface Cause {
  type: EventType;
  subject: string;
  key: string;
  delivery: string;
  /** The rank of the reading that causes it: a record with a lesser rank does not show it yet. */
  rank: string;
}

export type Births = ReturnType<typeof birthsIn>;

export function birthsIn(entries: EventEntries, claims: Claims, nextLook: NextLook, telling: Telling | null) {
  /** Writes events. As many as the writer attempts are leased to it, if the breaker of their endpoint is closed. */
  async function write(causes: readonly Cause[], { urls, leased }: Telling, born: LeasedEvent[]): Promise<void> {
    if (causes.length === 0) return;
    const endpoints = await endpointsOf(urls);
    const states = await entries.states(endpoints.map(({ id }) => id));
    const now = Date.now();
    let isLeftDue = false;
    const events = causes.flatMap(({ key, ...cause }) =>
      endpoints.map(({ id: endpoint }: Endpoint) => {
        const isLeased = born.length < leased && (states.get(endpoint)?.failures ?? 0) < BREAKER_FAILURES;
        const head = { ...cause, id: `evt_${key}${endpoint}`, endpoint, createdAt: now };
        const event = newEvent(head, now + Number(isLeased) * KV_LEASE_MILLISECONDS, Number(isLeased));
        if (isLeased) born.push(leasedOf(event));
        else isLeftDue = true;
        return event;
      }),
    );
    await Promise.all(events.map((event) => entries.write(event)));
    if (isLeftDue) await nextLook.notAfter(now);
  }

  async function jobCauses(rows: readonly JobRow[], types: readonly EventType[]): Promise<Cause[]> {
    const wanted = (["job.finished", "job.updated"] as const).filter((type) => types.includes(type));
    const told = rows.filter(({ terminal }) => wanted.includes("job.updated") || (wanted.length > 0 && terminal === 1));
    if (told.length === 0) return [];
    const jobs = await claims.readJobs(told.map(({ job_id }) => job_id));
    const causes = told.flatMap((row) => {
      const job = jobs.get(row.job_id);
      const isEnd = isChange(row, job?.kept);
      const isUpdate = isEnd || isWorkflowNews(row.workflow_rank, job?.merged.workflow?.workflowRank ?? null);
      const caused = wanted.filter((type) => (type === "job.updated" ? isUpdate : isEnd && row.terminal === 1));
      return caused.map(async (type) => {
        const key = await (type === "job.finished" ? jobEventKey(type, row) : updateKey(row));
        return { type, subject: row.job_id, key, delivery: row.delivery_id, rank: row.rank };
      });
    });
    return Promise.all(causes);
  }

  async function runCauses(rows: readonly RunRow[], types: readonly EventType[]): Promise<Cause[]> {
    const ended = rows.filter(({ terminal }) => terminal === 1);
    if (ended.length === 0 || !types.includes("run.finished")) return [];
    const runs = await claims.readRuns(ended.map(({ run_id }) => run_id));
    const changed = ended.filter((row) => isChange(row, runs.get(row.run_id)?.kept));
    return Promise.all(
      changed.map(async ({ run_id: subject, delivery_id: delivery, state, rank }) => {
        const type = "run.finished";
        return { type, subject, key: await eventKey(type, subject, delivery, state), delivery, rank };
      }),
    );
  }

  return {
    /**
     * Writes the events about jobs and runs, before the claims of a delivery that came here. Adds those that the writer
     * attempts to `born`.
     */
    async ofRecords(jobs: readonly JobRow[], runs: readonly RunRow[], born: LeasedEvent[]): Promise<void> {
      if (telling === null) return;
      const causes = await Promise.all([jobCauses(jobs, telling.types), runCauses(runs, telling.types)]);
      await write(causes.flat(), telling, born);
    },

    /** Writes the events about a quarantined delivery, before the head that says so. `kept` is the head until then. */
    async ofQuarantine({ id, reading }: DeliveryReading, kept: Head | null, born: LeasedEvent[]): Promise<void> {
      if (telling === null || reading.ok || !telling.types.includes("delivery.quarantined")) return;
      if (kept !== null && (kept.status === "quarantined" || !isNews(kept, readingRow(reading)))) return;
      const type = "delivery.quarantined";
      await write([{ type, subject: id, key: await eventKey(type, id), delivery: id, rank: "" }], telling, born);
    },
  };
}

/** Changes have no numbers in KV. A change is named by the delivery that makes it, and the state it tells. */
export const updateKey = ({ job_id, delivery_id, state }: Pick<JobRow, "job_id" | "delivery_id" | "state">) =>
  eventKey("job.updated", job_id, delivery_id, state);

/**
 * Whether the row becomes the record. If a newer reader reads the same delivery, that counts only if it tells another
 * end.
 */
function isChange(row: JobRow | RunRow, kept: KeptJob | Omit<KeptRun, "body"> | undefined): boolean {
  if (kept === undefined) return true;
  if (kept.delivery.id !== row.delivery_id) return row.rank > kept.rank;
  const { terminal, state } = kept.summary;
  return readerOf(row.rank) > readerOf(kept.rank) && (terminal !== (row.terminal === 1) || state !== row.state);
}

const readerOf = (rank: string): string => rank.slice(-READER_DIGITS);

/** The reader's version is at the end of a rank. A new version alone does not change the workflow. */
const isWorkflowNews = (told: string | null, kept: string | null): boolean =>
  told !== null && (kept === null || kept.slice(0, -READER_DIGITS) < told.slice(0, -READER_DIGITS));
