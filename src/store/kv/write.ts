/**
 * Writes a delivery, in an order that leaves nothing acknowledged half-visible if it is cut off: first its bytes, then
 * its places in lists, then what it says about jobs and runs. A list shows a job at the place of the first delivery
 * that has a claim on it, so a claim must not be there without its place. A repeat writes everything again: it
 * completes what was cut off, and renews the life of every entry.
 */
import { jobRows, type JobRow, readingRow, runRows, UNREAD } from "../rows.ts";
import type { LeasedEvent } from "../outbox.ts";
import type { Arrival, DeliveryReading, ReadArrival, Written, WrittenReadings } from "../store.ts";
import type { Births } from "./births.ts";
import { type Claims, type ListedClaim, runOf } from "./claims.ts";
import { type Head, heardAt, type Heads, isNews, keptAt, withArrival, withReading, withTimes } from "./heads.ts";
import type { Pending } from "./pending.ts";
import type { Places } from "./places.ts";
import { merge } from "./record.ts";
import { type Retention, SLACK_SECONDS } from "./retention.ts";

export type Writer = ReturnType<typeof writerOf>;

interface Parts {
  heads: Heads;
  claims: Claims;
  places: Places;
  pending: Pending;
  births: Births;
  retention: Retention;
}

export function writerOf({ heads, claims, places, pending, births, retention }: Parts) {
  function rowsOf({ reading, isRestored }: DeliveryReading, head: Head) {
    const told: DeliveryReading = {
      id: head.id,
      receivedAt: head.received_at,
      lastReceivedAt: heardAt(head),
      isRestored,
      source: head.source ?? "callback",
      reading,
    };
    return { jobs: jobRows(told), runs: runRows(told) };
  }

  /** Writes where lists show a delivery, its jobs and its runs. A place without a claim is skipped. */
  async function writePlaces(told: DeliveryReading, head: Head): Promise<void> {
    const { jobs, runs } = rowsOf(told, head);
    await Promise.all([
      places.write(
        head,
        jobs.map((row) => row.job_id),
      ),
      ...jobs.map((row) => join(row, keptAt(head))),
      ...(runs.length === 0
        ? []
        : [
            places.setRan(
              head,
              runs.map((row) => row.run_id),
            ),
          ]),
    ]);
  }

  /** Writes what a delivery says about jobs and runs: the events first, since a claim means that they are written. */
  async function writeClaims(told: DeliveryReading, head: Head, born: LeasedEvent[] | null): Promise<void> {
    const { jobs, runs } = rowsOf(told, head);
    if (born !== null) await births.ofRecords(jobs, runs, born);
    await Promise.all([
      ...jobs.map((row) => claims.write("job", row, head)),
      ...runs.map((row) => claims.write("run", row, head)),
    ]);
    if (retention.jobs === null) return;
    // Renewing is not worth losing a callback: a later one renews what this one could not.
    await Promise.allSettled([
      ...jobs.map((row) => renewOthers("job", row.job_id, head)),
      ...runs.map((row) => renewOthers("run", row.run_id, head)),
    ]);
  }

  async function join(row: JobRow, since: number): Promise<void> {
    const runId = runOf(row);
    if (runId !== null) await places.join(runId, row.job_id, since);
  }

  /** A job is as old as its last delivery. So the entries behind its record are kept as long as this delivery. */
  async function renewOthers(kind: "job" | "run", id: string, head: Head): Promise<void> {
    const listed = await claims.list(kind, id);
    const merged = merge(listed);
    if (merged === null) return;
    const { record, workflow, first } = merged;
    const names = new Set([record.name, workflow?.name, first.name]);
    const since = keptAt(head);
    const isDue = (claim: ListedClaim) => names.has(claim.name) && claim.keptAt < since - SLACK_SECONDS * 1000;
    for (const claim of listed.filter(isDue)) {
      await claims.renew(claim, since);
      if (kind === "job" && claim.run !== null) await renewMembership(id, since);
      const opened = await heads.open(claim.deliveryId);
      if (opened === null) continue;
      const body = opened.head.apart === true ? null : opened.bytes;
      await places.renew(await heads.write({ ...opened.head, kept_at: since }, body));
    }
  }

  async function renewMembership(jobId: string, since: number): Promise<void> {
    const runId = (await claims.readJobs([jobId])).get(jobId)?.runId ?? null;
    if (runId !== null && runId !== "") await places.join(runId, jobId, since);
  }

  /** Writes arrivals of the same bytes at once. Gives the head as it was, the head as it is now, and the counts. */
  async function writeArrivals(
    arrivals: readonly Arrival[],
    withLast: (head: Head, kept: Head | null) => Head,
    first?: (kept: Head | null, next: Head) => Promise<void>,
  ) {
    const [arrival] = arrivals as [Arrival];
    const kept = await heads.read(arrival.id);
    let head = kept;
    const counts: number[] = [];
    for (const one of arrivals) {
      head = withArrival(head, one);
      counts.push(head.count);
    }
    const next = withLast(head as Head, kept);
    await first?.(kept, next);
    return { kept, head: await heads.write(next, arrival.body), counts };
  }

  return {
    async keep(arrivals: readonly Arrival[]): Promise<number[]> {
      return inGroups(arrivals, async (group) => {
        const { kept, head, counts } = await writeArrivals(
          group,
          (arrived, last) => (last === null || last.status === "pending" ? arrived : inItsPlaces(arrived, last)),
          // A delivery that was read stays so, and has its places. Its empty place is written before the head that
          // makes it pending. After it, the place could overwrite that of another writer who has read it in the
          // meantime.
          async (last, next) => {
            if (next.status !== "pending") return;
            await pending.note(next, last === null);
            await places.write(next, []);
          },
        );
        // Again, because the cron deletes a note without a head.
        if (head.status === "pending") await pending.note(head, kept === null);
        return counts;
      });
    },

    /** A pending delivery stays pending until all that it says is written, as in `putReadings`. */
    async put(deliveries: readonly ReadArrival[]): Promise<Written> {
      const events: LeasedEvent[] = [];
      const isWaiting = (kept: Head | null) => kept?.status === "pending";
      const counts = await inGroups(deliveries, async (group) => {
        const [told] = group as [ReadArrival];
        const born = told.isRestored ? null : events;
        const { kept, head, counts } = await writeArrivals(
          group,
          (arrived, last) => {
            if (isWaiting(last)) return arrived;
            const isOld = last !== null && !isNews(last, readingRow(told.reading));
            return withReading(isOld ? inItsPlaces(arrived, last) : arrived, told.reading);
          },
          async (last) => {
            if (born !== null) await births.ofQuarantine(told, last, born);
          },
        );
        const read = withReading(head, told.reading);
        const news = kept === null || isNews(kept, readingRow(told.reading));
        if (news) await writePlaces(told, read);
        await writeClaims(told, read, born);
        if (isWaiting(kept)) await heads.write(read, told.body);
        if (news) await places.leave(kept, read);
        return counts;
      });
      return { counts, events };
    },

    /** Writes the head last. Until then a pending delivery is read again. */
    async putReadings(readings: readonly DeliveryReading[]): Promise<WrittenReadings> {
      const gone: string[] = [];
      const events: LeasedEvent[] = [];
      const write = async (told: DeliveryReading) => {
        const opened = await heads.open(told.id);
        if (opened === null) {
          gone.push(told.id);
          return;
        }
        const head = withReading(withTimes(opened.head, told), told.reading);
        const born = told.isRestored || !cameHere(opened.head) ? null : events;
        if (born !== null) await births.ofQuarantine(told, opened.head, born);
        const news = isNews(opened.head, readingRow(told.reading));
        if (news) await writePlaces(told, head);
        await writeClaims(told, head, born);
        if (!news) return;
        await heads.write(head, opened.bytes);
        await places.leave(opened.head, head);
      };
      await Promise.all(readings.map(write));
      return { gone, events };
    },

    /** Makes a delivery pending again, with no attempts made. */
    async makePending(id: string): Promise<void> {
      const opened = await heads.open(id);
      if (opened === null) return;
      const { status, reason_code, reason } = UNREAD;
      const head = { ...opened.head, status, reason_code, reason };
      await pending.note(head, true);
      await places.write(head, []);
      await heads.write(head, opened.bytes);
      await places.leave(opened.head, head);
    },
  };
}

/**
 * The head with the time of its present places. Lists show a delivery only at the time in its head. So an earlier time
 * that becomes known later counts only where the places are written again.
 */
const inItsPlaces = (head: Head, last: Head): Head => ({ ...head, received_at: last.received_at });

/** Whether a kept delivery came to this receiver or was read here before. Otherwise an import brought it. */
const cameHere = ({ receipts, reader = 0 }: Head): boolean => receipts.length > 0 || reader > 0;

/** Writes all deliveries at once, and repeats of one delivery together. Gives the counts in order. */
async function inGroups<A extends Arrival>(
  arrivals: readonly A[],
  write: (group: readonly A[]) => Promise<number[]>,
): Promise<number[]> {
  const counts: number[] = arrivals.map(() => 1);
  const groups = Map.groupBy(arrivals.keys(), (index) => arrivals[index]?.id);
  const writeGroup = async (indexes: readonly number[]) => {
    const told = await write(indexes.map((index) => arrivals[index] as A));
    for (const [at, index] of indexes.entries()) counts[index] = told[at] ?? 1;
  };
  await Promise.all([...groups.values()].map(writeGroup));
  return counts;
}
