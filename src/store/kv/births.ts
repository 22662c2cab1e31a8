/**
 * How events come about in KV. There is no transaction, so the order of writes says what is safe: an event is written
 * before the claim or head that causes it. While that is not there, a repeat writes the event again, with the same id;
 * so whatever was acknowledged is told at least once. What a stale read does not show may be told once more.
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

/** How long a writer has for a first attempt, in milliseconds: as long as a lease, and until a stale list is fresh. */
export const KV_LEASE_MILLISECONDS = 120_000;

interface Cause {
  type: EventType;
  subject: string;
  key: string;
  delivery: string;
  /** Of the reading that causes it: a record of a lesser rank does not show it yet. */
  rank: string;
}

export type Births = ReturnType<typeof birthsIn>;

export function birthsIn(entries: EventEntries, claims: Claims, nextLook: NextLook, telling: Telling | null) {
  /** Born leased, as far as the writer attempts, and the breaker of the endpoint is closed. */
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
    /** Before the claims of a delivery that came here. The events that are the writer's to attempt are added to `born`. */
    async ofRecords(jobs: readonly JobRow[], runs: readonly RunRow[], born: LeasedEvent[]): Promise<void> {
      if (telling === null) return;
      const causes = await Promise.all([jobCauses(jobs, telling.types), runCauses(runs, telling.types)]);
      await write(causes.flat(), telling, born);
    },

    /** Before the head that says so. `kept` is the head until then. */
    async ofQuarantine({ id, reading }: DeliveryReading, kept: Head | null, born: LeasedEvent[]): Promise<void> {
      if (telling === null || reading.ok || !telling.types.includes("delivery.quarantined")) return;
      if (kept !== null && (kept.status === "quarantined" || !isNews(kept, readingRow(reading)))) return;
      const type = "delivery.quarantined";
      await write([{ type, subject: id, key: await eventKey(type, id), delivery: id, rank: "" }], telling, born);
    },
  };
}

/** A change has no number in KV: it is named by the delivery that makes it, and the state it tells. */
export const updateKey = ({ job_id, delivery_id, state }: Pick<JobRow, "job_id" | "delivery_id" | "state">) =>
  eventKey("job.updated", job_id, delivery_id, state);

/** Whether the row becomes the record: a newer reader's word on the same delivery where it tells another end. */
function isChange(row: JobRow | RunRow, kept: KeptJob | Omit<KeptRun, "body"> | undefined): boolean {
  if (kept === undefined) return true;
  if (kept.delivery.id !== row.delivery_id) return row.rank > kept.rank;
  const { terminal, state } = kept.summary;
  return readerOf(row.rank) > readerOf(kept.rank) && (terminal !== (row.terminal === 1) || state !== row.state);
}

const readerOf = (rank: string): string => rank.slice(-READER_DIGITS);

/** The reader's version stands at the end, and is no news of the workflow. */
const isWorkflowNews = (told: string | null, kept: string | null): boolean =>
  told !== null && (kept === null || kept.slice(0, -READER_DIGITS) < told.slice(0, -READER_DIGITS));
