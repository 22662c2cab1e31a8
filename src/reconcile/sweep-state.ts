/**
 * How far the sweep of one queue and tag has come, and what each job on a page of CI's list means for it. A pass walks
 * the list by creation time, oldest first, from the mark to a fixed end; the mark of the next one is the creation of
 * the oldest job that the pass met and could not settle. It begins a little before its mark, since CI may list a job
 * late. Pure.
 */
import type { JobReading } from "../callback/types.ts";
import { LIST_SIZE } from "./limits.ts";
import type { CiQueue, Place } from "./queues.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * How long a job's callback may be on its way before CI is asked, in milliseconds; and how far from now a pass ends, so
 * that CI's list has settled there.
 */
export const SETTLING_MILLISECONDS = 2 * MINUTE;

/**
 * How far a pass looks back behind the end of the one before it, in milliseconds: a job may be listed late by as much.
 * It looks back no further than that one's last page, and so takes one request more at most.
 */
export const OVERLAP_MILLISECONDS = 15 * MINUTE;

/** How long after its creation an unfinished job becomes an expectation, in milliseconds. */
export const UNFINISHED_MILLISECONDS = HOUR;

/** What a page is to stay well below of the largest answer that is read. */
const COMFORTABLE_SHARE = 1 / 4;

/** A tag of a queue: what one list is of. */
export interface SweptList extends Place {
  queueId: string;
  tag: string;
}

export interface Counts {
  /** Jobs that CI lists. */
  seen: number;
  /** Of those: terminal there for long enough, and not terminal here. */
  found: number;
  /** Of those: answers that were taken in. */
  fetched: number;
}

export interface Pass {
  /** Creation times that it covers, in milliseconds since 1970. */
  from: number;
  until: number;
  /** Before this, earlier passes have settled all jobs that were listed then. Absent in what an older version wrote, which did not look back. */
  mark?: number;
  /** The page to ask for; null for the first. */
  nextToken: string | null;
  /** Creation of the oldest job met that is not settled; null where all are. */
  oldest: number | null;
  counts: Counts;
}

export interface SweepState {
  /** Null where the last pass has ended. */
  pass: Pass | null;
  /** Creation time before which all listed jobs are settled, in milliseconds since 1970. */
  mark: number;
  /** Where the next pass may begin before the mark. Absent in what an older version wrote. */
  lookBack?: number;
  /** Jobs to ask for on a page. */
  size: number;
  /** Whether a page is being read: found so by another run, it ended that run, or it is under way twice. */
  isUnderWay: boolean;
  /** The last pass that ended: when, in milliseconds since 1970, and what it met. */
  last: (Counts & { endedAt: number }) | null;
  /** Of all passes. */
  total: Counts;
}

export const NO_COUNTS: Counts = { seen: 0, found: 0, fetched: 0 };

export const plus = (a: Counts, b: Counts): Counts => ({
  seen: a.seen + b.seen,
  found: a.found + b.found,
  fetched: a.fetched + b.fetched,
});

/** Every list that the settings name, each once. */
export function sweptLists(queues: readonly CiQueue[] | null): SweptList[] {
  const lists = (queues ?? []).flatMap(({ bucket, region, queueId, tags }) =>
    tags.map((tag) => ({ bucket, region, queueId, tag })),
  );
  return [...new Map(lists.map((list) => [sweepName(list), list])).values()];
}

export const sweepName = ({ bucket, region, queueId, tag }: SweptList): string =>
  `sweep ${JSON.stringify([bucket, region, queueId, tag])}`;

/** The state with a pass under way: the one that was interrupted, or a new one. */
export function resume(kept: SweepState | null, now: number, sweepHours: number): SweepState & { pass: Pass } {
  const earliest = now - sweepHours * HOUR;
  const state = kept ?? {
    pass: null,
    mark: earliest,
    size: LIST_SIZE,
    isUnderWay: false,
    last: null,
    total: NO_COUNTS,
  };
  // What ended a run may have been the page: less of it is asked for.
  const size = state.isUnderWay ? halved(state.size) : state.size;
  const pass = state.pass ?? nextPass(state, earliest, now - SETTLING_MILLISECONDS);
  return { ...state, size, pass, isUnderWay: true };
}

function nextPass({ mark, lookBack = mark }: SweepState, earliest: number, until: number): Pass {
  const clamped = (time: number) => Math.min(Math.max(time, earliest), until);
  const from = clamped(Math.min(mark, lookBack));
  return { from, until, mark: clamped(mark), nextToken: null, oldest: null, counts: NO_COUNTS };
}

/** The pass from its beginning again, where CI no longer takes its token. What held the mark may still do so. */
export const restarted = (pass: Pass): Pass => ({ ...pass, nextToken: null, counts: NO_COUNTS });

/** Whether an earlier pass has been where the job stands: it saw the job, unless CI listed it late. */
export const isLookedBackAt = ({ mark }: Pass, { createdAt }: Pick<JobReading, "createdAt">): boolean =>
  mark !== undefined && createdAt !== null && Date.parse(createdAt) < mark;

/**
 * The pass beyond a job that cannot be read: times of creation are whole seconds, so beyond that second, and further
 * each time.
 */
export const beyond = (pass: Pass, createdAt: number): Pass => ({
  ...pass,
  from: Math.max(pass.from, createdAt) + 1000,
  nextToken: null,
});

export const halved = (size: number): number => Math.max(1, Math.floor(size / 2));

/** How many jobs to ask for after a page of so many bytes. */
export function nextSize(size: number, bytes: number, maxBytes: number): number {
  return bytes < maxBytes * COMFORTABLE_SHARE ? Math.min(LIST_SIZE, size * 2) : size;
}

/**
 * What a listed job is to the sweep. `settled`: nothing is left to do. `fetch`: it has ended, and is not known to have.
 * `adopt`: it should have ended long ago, and becomes an expectation. `hold`: it is looked at again by the next pass.
 */
export type Fate = "settled" | "fetch" | "adopt" | "hold";

export function fateOf(
  job: Pick<JobReading, "terminal" | "createdAt" | "endedAt">,
  isTerminalHere: boolean,
  now: number,
): Fate {
  if (isTerminalHere) return "settled";
  if (job.terminal)
    return job.endedAt !== null && Date.parse(job.endedAt) > now - SETTLING_MILLISECONDS ? "hold" : "fetch";
  // One without a time of creation could not be found again by it.
  return job.createdAt === null || Date.parse(job.createdAt) <= now - UNFINISHED_MILLISECONDS ? "adopt" : "hold";
}

/** The oldest creation, of these and the one before: it holds the mark. */
export function oldestOf(held: readonly Pick<JobReading, "createdAt">[], before: number | null): number | null {
  const times = held.flatMap(({ createdAt }) => (createdAt === null ? [] : [Date.parse(createdAt)]));
  return [...times, ...(before === null ? [] : [before])].reduce<number | null>(
    (least, time) => (least === null || time < least ? time : least),
    null,
  );
}

/** The state after a page, of which `first` is the oldest creation: at the next page, or with the pass at its end. */
export function turned(
  state: SweepState & { pass: Pass },
  page: { nextToken: string | null; oldest: number | null; first: number | null; counts: Counts; size: number },
  now: number,
): SweepState {
  const { nextToken, oldest, first, counts, size } = page;
  const pass = { ...state.pass, nextToken, oldest, counts: plus(state.pass.counts, counts) };
  const total = plus(state.total, counts);
  if (nextToken !== null) return { ...state, pass, size, total };
  const { from, until } = pass;
  const mark = oldest ?? until;
  const lookBack = Math.max(until - OVERLAP_MILLISECONDS, state.pass.nextToken === null ? from : (first ?? until));
  return {
    ...state,
    pass: null,
    mark,
    lookBack,
    size,
    total,
    isUnderWay: false,
    last: { ...pass.counts, endedAt: now },
  };
}

/** What the sweep has come to over all lists; null where there is none that ended for each. */
export interface SweepSummary {
  /** When each list had last been walked to its end, in milliseconds since 1970: the longest ago. */
  endedAt: number | null;
  /** What the last passes met. */
  last: Counts;
  total: Counts;
}

export function summaryOf(states: readonly (SweepState | undefined)[]): SweepSummary {
  const ends = states.map((state) => state?.last?.endedAt ?? null);
  const endedAt = ends.reduce<number | null>(
    (least, end) => (least === null || end === null ? null : Math.min(least, end)),
    Number.POSITIVE_INFINITY,
  );
  return {
    endedAt: endedAt === Number.POSITIVE_INFINITY ? null : endedAt,
    last: states.reduce((sum, state) => plus(sum, state?.last ?? NO_COUNTS), NO_COUNTS),
    total: states.reduce((sum, state) => plus(sum, state?.total ?? NO_COUNTS), NO_COUNTS),
  };
}
