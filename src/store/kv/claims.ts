/**
 * Claims: what deliveries say about jobs and runs. Each claim has a key of its own,
 * `job-claim:<JobId>:<time>:<delivery>:<reader>` or `run-claim:<RunId>:…`, which no other delivery writes. A look-up
 * lists them, and takes the one with the greatest rank.
 */
import { shortRank } from "../../callback/state.ts";
import { idKey, keyPart, newestFirst, timeOfKey } from "../keys.ts";
import { deliveryOf, runSummaryOf, summaryOf, versionOf } from "../from-rows.ts";
import { type JobRow, READER_DIGITS, RECORD_COLUMNS, RUN_COLUMNS, type RunRow, WORKFLOW_COLUMNS } from "../rows.ts";
import type { Delivery, KeptJob, KeptRun } from "../store.ts";
import { type Head, heardAt, keptAt } from "./heads.ts";
import type { ListedKey, Namespace } from "./namespace.ts";
import type { OlderJob } from "./older.ts";
import { type Claim, merge, type Merged } from "./record.ts";
import { expiryOf, isPast, type Retention } from "./retention.ts";

type Kind = "job" | "run";

/** The part of a claim that lists show. */
interface ClaimFacts {
  rank: string;
  workflow_rank?: string;
  heard_at: number;
  kept_at: number;
  run?: string;
}

/** The rest of a claim: the columns that are not null, and the delivery as it was when it last came. */
interface Said {
  row: Record<string, unknown>;
  delivery: Pick<Head, "format" | "content_type" | "size" | "count" | "apart" | "source">;
}

export interface ListedClaim extends Claim {
  listed: ListedKey<ClaimFacts>;
  /** Null for a claim of the first version, which has no key of its own. */
  said: Said | null;
}

/** Columns that are in the key, or in the part that lists show. */
const TOLD_APART = new Set(["job_id", "received_at", "heard_at", "delivery_id", "rank", "workflow_rank"]);

/** Columns of an imported row that KV has no place for: it numbers no changes. */
const NOT_KEPT = new Set(["restored", "first_change", "last_change"]);

const JOB_COLUMNS = [...RECORD_COLUMNS, ...WORKFLOW_COLUMNS];

export interface ClaimedJob {
  kept: KeptJob;
  merged: Merged<ListedClaim>;
  claims: readonly ListedClaim[];
  runId: string | null;
}

export interface FoundRun {
  kept: Omit<KeptRun, "body">;
  merged: Merged<ListedClaim>;
}

export type Claims = ReturnType<typeof claimsIn>;

export function claimsIn(kv: Namespace, retention: Retention) {
  const prefixOf = async (kind: Kind, id: string) => `${kind}-claim:${await keyPart(id)}:`;

  async function list(kind: Kind, id: string): Promise<ListedClaim[]> {
    const prefix = await prefixOf(kind, id);
    const keys = await kv.listAll<ClaimFacts>(prefix);
    return keys.flatMap((listed) => claimOf(listed, prefix) ?? []);
  }

  /** The full claims behind the record and its workflow, for many jobs or runs at once. */
  async function saidBy(claims: readonly ListedClaim[]): Promise<(claim: ListedClaim) => Said | null> {
    const notes = await kv.notesOf<Said>(claims.filter(({ said }) => said === null).map(({ listed }) => listed));
    return (claim) => claim.said ?? notes.get(claim.name) ?? null;
  }

  const deliveryBehind = (claim: ListedClaim, { delivery }: Said): Delivery =>
    deliveryOf({
      ...NO_FAILURE,
      received_at: claim.receivedAt,
      heard_at: claim.heardAt,
      ...delivery,
      id: claim.deliveryId,
      status: "stored",
      has_bytes: delivery.apart === true && isPast(retention.bytes, claim.heardAt) ? 0 : 1,
    });

  /**
   * Jobs by their ids, without those that are unknown or past their retention. Takes a list for each, and two reads.
   */
  async function readJobs(ids: readonly string[]): Promise<Map<string, ClaimedJob>> {
    const unique = [...new Set(ids)];
    const olderKeys = await Promise.all(unique.map((id) => idKey("job:", id)));
    const [older, lists] = await Promise.all([
      kv.getMany<OlderJob>(olderKeys),
      Promise.all(unique.map((id) => list("job", id))),
    ]);
    const found = unique.flatMap((id, at) => {
      const one = older.get(olderKeys[at] as string);
      const claims = [...(lists[at] ?? []), ...(one?.row.job_id === id ? [olderClaim(one.row, one.delivery)] : [])];
      const merged = merge(claims);
      return merged === null || isPast(retention.jobs, merged.heardAt) ? [] : [{ id, claims, merged }];
    });
    const saidOf = await saidBy(
      found.flatMap(({ merged: { record, workflow } }) => (workflow === null ? [record] : [record, workflow])),
    );
    const jobs = new Map<string, ClaimedJob>();
    for (const { id, claims, merged } of found) {
      const { record, workflow } = merged;
      const said = saidOf(record);
      const workflowSaid = workflow === null ? null : saidOf(workflow);
      // If a value is gone, it has expired since it was listed.
      if (said === null || (workflow !== null && workflowSaid === null)) continue;
      const row = {
        ...columnsOf(said, JOB_COLUMNS),
        ...columnsOf(workflowSaid, WORKFLOW_COLUMNS),
        job_id: id,
        received_at: merged.first.receivedAt,
        heard_at: merged.heardAt,
        delivery_id: record.deliveryId,
        rank: record.rank,
        workflow_rank: workflow?.workflowRank ?? null,
      } as unknown as JobRow;
      const kept: KeptJob = {
        summary: summaryOf(row),
        delivery: deliveryBehind(record, said),
        rank: row.rank,
        version: versionOf(row),
        firstReceivedAt: merged.first.receivedAt,
        // The record or its workflow last changed when the later of the two deliveries first came.
        updatedAt: Math.max(record.receivedAt, workflow?.receivedAt ?? 0),
        expectation: null,
        verified: said.delivery.source === "reconcile" ? true : null,
      };
      jobs.set(id, { kept, merged, claims, runId: row.run_id });
    }
    return jobs;
  }

  return {
    list,
    readJobs,

    /** The same for runs whose end was told. */
    async readRuns(ids: readonly string[]): Promise<Map<string, FoundRun>> {
      const unique = [...new Set(ids)];
      const olderKeys = await Promise.all(unique.map((id) => idKey("run:", id)));
      const [older, lists] = await Promise.all([
        kv.getMany<RunRow>(olderKeys),
        Promise.all(unique.map((id) => list("run", id))),
      ]);
      const found = unique.flatMap((id, at) => {
        const row = older.get(olderKeys[at] as string);
        const merged = merge([
          ...(lists[at] ?? []),
          ...(row?.run_id === id ? [olderClaim(row, UNKNOWN_DELIVERY)] : []),
        ]);
        return merged === null || isPast(retention.jobs, merged.heardAt) ? [] : [{ id, merged }];
      });
      const saidOf = await saidBy(found.map(({ merged }) => merged.record));
      return new Map(
        found.flatMap(({ id, merged }): [string, FoundRun][] => {
          const { record } = merged;
          const said = saidOf(record);
          if (said === null) return [];
          const row = { ...columnsOf(said, RUN_COLUMNS), run_id: id } as unknown as RunRow;
          const delivery = deliveryBehind(record, said);
          return [[id, { kept: { summary: runSummaryOf(row), rank: record.rank, delivery }, merged }]];
        }),
      );
    },

    /** The deliveries that named a job, last received first. */
    async deliveriesOf(jobId: string): Promise<{ id: string; receivedAt: number }[]> {
      const job = (await readJobs([jobId])).get(jobId);
      const times = new Map<string, number>();
      for (const { deliveryId, receivedAt } of job?.claims ?? [])
        times.set(deliveryId, Math.min(receivedAt, times.get(deliveryId) ?? receivedAt));
      const deliveries = [...times].map(([id, receivedAt]) => ({ id, receivedAt }));
      return deliveries.toSorted((a, b) => b.receivedAt - a.receivedAt || (a.id < b.id ? -1 : 1));
    },

    /** Writes a claim of the delivery with this head. Writing it twice changes nothing. */
    async write(kind: Kind, row: JobRow | RunRow, head: Head): Promise<void> {
      const id = "job_id" in row ? row.job_id : row.run_id;
      const workflowRank = "job_id" in row ? row.workflow_rank : null;
      const runId = "job_id" in row ? runOf(row) : null;
      const prefix = await prefixOf(kind, id);
      const name = `${prefix}${newestFirst(row.received_at)}:${row.delivery_id}:${row.rank.slice(-READER_DIGITS)}`;
      const facts: ClaimFacts = {
        rank: row.rank,
        heard_at: heardAt(head),
        kept_at: keptAt(head),
        ...(workflowRank !== null && { workflow_rank: workflowRank }),
        ...(runId !== null && { run: await keyPart(runId) }),
      };
      const { format, content_type, size, count, apart, source } = head;
      const columns = Object.entries(row).filter(
        ([column, value]) => value !== null && !TOLD_APART.has(column) && !NOT_KEPT.has(column),
      );
      const delivery = { format, content_type, size, count, apart, ...(source != null && { source }) };
      const said: Said = { row: Object.fromEntries(columns), delivery };
      await kv.setNoted(name, facts, said, expiryOf("stored", retention, keptAt(head)));
    },

    /** Writes a claim again, to keep it for longer. */
    async renew(claim: ListedClaim, since: number): Promise<void> {
      const note = (await kv.notesOf<Said>([claim.listed])).get(claim.name);
      if (note === undefined || claim.listed.metadata === null) return;
      const facts = { ...claim.listed.metadata, kept_at: since };
      await kv.setNoted(claim.name, facts, note, expiryOf("stored", retention, since));
    },
  };
}

/** The run that a job's row names, if any. */
export const runOf = ({ run_id }: JobRow): string | null => (run_id === "" ? null : run_id);

function claimOf(listed: ListedKey<ClaimFacts>, prefix: string): ListedClaim | null {
  const [time, deliveryId, reader] = listed.name.slice(prefix.length).split(":");
  const { metadata } = listed;
  if (time === undefined || deliveryId === undefined || reader === undefined || metadata === null) return null;
  return {
    name: listed.name,
    deliveryId,
    receivedAt: timeOfKey(time),
    heardAt: metadata.heard_at,
    keptAt: metadata.kept_at,
    reader: Number(reader),
    rank: shortRank(metadata.rank),
    workflowRank: metadata.workflow_rank === undefined ? null : shortRank(metadata.workflow_rank),
    run: metadata.run ?? null,
    isOlder: false,
    listed,
    said: null,
  };
}

/** The value that the first version kept for a job or run counts as one more claim. */
function olderClaim(row: JobRow | RunRow, delivery: Said["delivery"]): ListedClaim {
  return {
    name: "",
    deliveryId: row.delivery_id,
    receivedAt: row.received_at,
    heardAt: row.received_at,
    keptAt: row.received_at,
    reader: Number(row.rank.slice(-READER_DIGITS)),
    rank: row.rank,
    workflowRank: "job_id" in row ? row.workflow_rank : null,
    run: null,
    isOlder: true,
    listed: { name: "", metadata: null },
    said: { row: { ...row }, delivery },
  };
}

const columnsOf = (said: Said | null, columns: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(columns.map((column) => [column, said?.row[column] ?? null]));

const NO_FAILURE = { reason_code: null, reason: null, line: null, column_number: null };

const UNKNOWN_DELIVERY: Said["delivery"] = { format: null, content_type: null, size: 0, count: 1 };
