/**
 * What the cron does: drains the spill, tells the user's system what is due, reads what was kept unread, deletes what
 * has passed its time, and shrinks what older versions wrote. All of it may be killed at any point and run again, or twice at once: nothing is forgotten before the store has it.
 */
import { Budget } from "./budget.ts";
import { FAILED_DAYS } from "./events/limits.ts";
import { FORWARD_OPERATIONS, type Forwarder } from "./forward/forward.ts";
import { intake, messageOf, type Places, readPending } from "./intake.ts";
import type { RetentionDays } from "./settings.ts";
import { type Outbox, PURGE_EVENTS_OPERATIONS } from "./store/outbox.ts";
import { type Spill, SPILL_BULK_KEYS, type SpillEntry } from "./store/spill.ts";
import type { Arrival, Cutoffs, Store } from "./store/store.ts";
import type { Level } from "./telemetry/log.ts";

export interface UpkeepOptions {
  retentionDays: RetentionDays;
  /** Calls to D1, KV and endpoints that one run may make, statements counted one by one. */
  operations: number;
  /** Null where the store has no outbox. */
  forwarder: Forwarder | null;
  /** Milliseconds since 1970. */
  now: number;
}

export interface UpkeepReport {
  drained: number;
  /** Spilled deliveries that still wait, as far as this run has counted; null where the spill could not be asked. */
  waiting: number | null;
  /** Pending deliveries that were read. */
  read: number;
  purged: number;
  /** Bodies of an older version that take less room now. */
  recompressed: number;
  /** Events that were delivered, and attempts that failed. */
  told: number;
  untold: number;
  /** What a store refused; it is tried again by the next run. */
  failures: string[];
}

/** How much a report is worth telling: most runs find nothing to do. */
export function levelOf({ waiting, failures, ...counts }: UpkeepReport): Level {
  if (failures.length > 0) return "error";
  if (waiting !== null && waiting > 0) return "warn";
  return Object.values(counts).some((count) => count > 0) ? "info" : "debug";
}

/** What the duties cost in calls, at most: the note of the run, a slice of retention, a pending delivery. */
const NOTE_OPERATIONS = 5;
const PURGE_OPERATIONS = 19;
const READ_OPERATIONS = 8;

/** A slice of recompressing is four calls at most. It counts as more, since it takes CPU time too: a free plan has 10 ms for a run. */
const RECOMPRESS_OPERATIONS = 20;

/** One run of all duties. Each is tried, whatever became of the ones before it; what reads bodies comes last. */
export async function upkeep(
  { store, spill }: Places,
  { retentionDays, operations, forwarder, now }: UpkeepOptions,
): Promise<UpkeepReport> {
  const report: UpkeepReport = {
    drained: 0,
    waiting: null,
    read: 0,
    purged: 0,
    recompressed: 0,
    told: 0,
    untold: 0,
    failures: [],
  };
  const cutoffs = cutoffsOf(retentionDays, now);
  const hasRetention = Object.values(cutoffs).some((cutoff) => cutoff !== null);
  // The drain leaves the other duties their turn.
  const forLater = READ_OPERATIONS + (hasRetention ? PURGE_OPERATIONS : 0);
  const forTelling = forwarder?.isReady === true ? FORWARD_OPERATIONS : 0;
  const budget = new Budget(operations - NOTE_OPERATIONS - forTelling - forLater);
  const duties = [
    async () => {
      if (spill !== null) await drain(store, spill, budget, report);
    },
    async () => {
      await store.noteUpkeep(now, report.waiting);
    },
    async () => {
      budget.left += forTelling;
      if (forwarder === null) return;
      const { told, untold } = await forwarder.tellDue(budget);
      Object.assign(report, { told, untold });
    },
    async () => {
      budget.left += forLater;
      if (hasRetention) await purge(store, cutoffs, budget, report);
    },
    async () => {
      await store.retryUnfinished();
    },
    async () => {
      if (forwarder !== null) await purgeEvents(forwarder.outbox, retentionDays.events, now, budget, report);
    },
    async () => readWaiting(store, budget, report),
    async () => recompress(store, budget, report),
  ];
  for (const duty of duties) {
    try {
      await duty();
    } catch (error) {
      report.failures.push(messageOf(error));
    }
  }
  return report;
}

/** Bodies fetched from the spill at once, in bytes, unless a single one is larger. A Worker has 128 MB. */
const DRAINED_AT_ONCE_BYTES = 8 * 1024 * 1024;

/** Of one group: fetching it, and the statements about its jobs, workflows and runs. Each delivery has a share of its own. */
const GROUP_OPERATIONS = 6;

/** Of one delivery: a fifth of the statement that keeps it, and forgetting it. */
const DELIVERY_OPERATIONS = 1.25;

/**
 * Brings spilled deliveries into the store, as far as the budget goes. Which are there already the store is asked
 * first: of what it has read, the arrival is kept alone; what it has not read yet is left to its turn, and the rest
 * is kept before it is read, so that a body that ends the reading is not met here again.
 */
async function drain(store: Store, spill: Spill, budget: Budget, report: UpkeepReport): Promise<void> {
  let cursor: string | null = null;
  report.waiting = 0;
  do {
    if (!budget.spend(2)) break;
    const page: Awaited<ReturnType<Spill["list"]>> = await spill.list(cursor).catch((error: unknown) => {
      report.waiting = null;
      throw error;
    });
    report.waiting += page.entries.length;
    if (page.entries.length > 0) await drainPage(store, spill, page.entries, budget, report);
    cursor = page.next;
  } while (cursor !== null);
}

async function drainPage(
  store: Store,
  spill: Spill,
  entries: readonly SpillEntry[],
  budget: Budget,
  report: UpkeepReport,
): Promise<void> {
  const statuses = await store.statusesOf(entries.map(({ id }) => id));
  const forget = async (ids: readonly string[]) => {
    await Promise.all(ids.map((id) => spill.remove(id)));
    report.drained += ids.length;
    if (report.waiting !== null) report.waiting -= ids.length;
  };
  const unknown = entries.filter(({ id }) => !statuses.has(id));
  const read = entries.filter(({ id }) => statuses.has(id) && statuses.get(id) !== "pending");
  const duties = [
    { entries: read, take: (group: readonly Arrival[]) => store.keep(group) },
    {
      entries: unknown,
      take: (group: readonly Arrival[]) => intake({ store, spill: null }, group, { keepsFirst: () => true }),
    },
  ];
  for (const { entries, take } of duties) {
    let rest = entries;
    while (rest.length > 0) {
      const group = nextGroup(rest, budget.left);
      if (group.length === 0) return;
      budget.spend(GROUP_OPERATIONS + Math.ceil(group.length * DELIVERY_OPERATIONS));
      rest = rest.slice(group.length);
      const { arrivals, faults } = await spill.getMany(group);
      report.failures.push(...faults);
      await bringIn(take, arrivals, budget, report, forget);
    }
  }
}

/** As many of the first as one call fetches, one memory holds and the budget pays for; alone what cannot be fetched with others. */
function nextGroup(entries: readonly SpillEntry[], operations: number): SpillEntry[] {
  const affordable = Math.floor((operations - GROUP_OPERATIONS) / DELIVERY_OPERATIONS);
  const [first] = entries;
  if (first === undefined || affordable < 1) return [];
  if (!first.isText) return [first];
  const group: SpillEntry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(0, Math.min(affordable, SPILL_BULK_KEYS))) {
    bytes += entry.size;
    if (!entry.isText || (group.length > 0 && bytes > DRAINED_AT_ONCE_BYTES)) break;
    group.push(entry);
  }
  return group;
}

/** Stores a group, and forgets what the store has. Where that fails it is tried by halves, so that none holds up the others. */
async function bringIn(
  take: (group: readonly Arrival[]) => Promise<unknown>,
  group: readonly Arrival[],
  budget: Budget,
  report: UpkeepReport,
  forget: (ids: readonly string[]) => Promise<void>,
): Promise<void> {
  if (group.length === 0) return;
  try {
    await take(group);
  } catch (error) {
    if (group.length === 1 || !budget.spend(GROUP_OPERATIONS + group.length)) {
      report.failures.push(messageOf(error));
      return;
    }
    const half = Math.ceil(group.length / 2);
    for (const part of [group.slice(0, half), group.slice(half)]) await bringIn(take, part, budget, report, forget);
    return;
  }
  await forget(group.map(({ id }) => id));
}

/** Reads what was kept unread, as far as the budget goes. */
async function readWaiting(store: Store, budget: Budget, report: UpkeepReport): Promise<void> {
  if (!budget.spend(1)) return;
  const ids = await store.listPending(Math.floor(budget.left / READ_OPERATIONS));
  for (const id of ids) {
    budget.spend(READ_OPERATIONS);
    const { status } = await readPending(store, id);
    if (status === "read" || status === "unreadable") report.read += 1;
  }
}

/** With what the other duties have left: nothing waits for it. */
async function recompress(store: Store, budget: Budget, report: UpkeepReport): Promise<void> {
  while (budget.spend(RECOMPRESS_OPERATIONS)) {
    const { rows, isDone, faults } = await store.recompress();
    report.recompressed += rows;
    report.failures.push(...faults);
    if (isDone) return;
  }
}

async function purge(store: Store, cutoffs: Cutoffs, budget: Budget, report: UpkeepReport): Promise<void> {
  // One slice at least, whatever the drain has left: retention must not stand still.
  for (let slice = 0; slice === 0 || budget.left >= PURGE_OPERATIONS; slice += 1) {
    const { rows, isDone, operations } = await store.purge(cutoffs);
    budget.left -= operations;
    report.purged += rows;
    if (isDone) return;
  }
}

/** Deletes events that have passed their time, with what the other duties have left: they are few and small. */
async function purgeEvents(
  outbox: Outbox,
  days: number,
  now: number,
  budget: Budget,
  report: UpkeepReport,
): Promise<void> {
  while (budget.left >= PURGE_EVENTS_OPERATIONS + READ_OPERATIONS) {
    budget.spend(PURGE_EVENTS_OPERATIONS);
    const { rows, isDone } = await outbox.purge(cutoffOf(days, now), now - FAILED_DAYS * DAY_MILLISECONDS);
    report.purged += rows;
    if (isDone) return;
  }
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

const cutoffOf = (days: number, now: number): number | null => (days === 0 ? null : now - days * DAY_MILLISECONDS);

const cutoffsOf = (days: RetentionDays, now: number): Cutoffs => ({
  jobs: cutoffOf(days.jobs, now),
  bytes: cutoffOf(days.bytes, now),
  quarantined: cutoffOf(days.quarantined, now),
});
