/** The drain: moves deliveries from the spill to the store. */
import type { Budget } from "./budget.ts";
import { intake, messageOf, readPending } from "./intake.ts";
import { type Spill, SPILL_BULK_KEYS, type SpillEntry } from "./store/spill.ts";
import type { Arrival, Store } from "./store/store.ts";

export interface DrainReport {
  drained: number;
  /** Deliveries left in the spill, as far as this run has counted; null if the spill could not be listed. */
  waiting: number | null;
  /** Errors of the store or the spill. The next run tries again. */
  failures: string[];
}

/** What looking into the spill costs, in calls: a list of the spill, and a query of the store. */
export const DRAIN_LOOK_OPERATIONS = 2;

/** What draining one delivery costs at least, in calls, with the look into the spill. */
export const DRAIN_OPERATIONS = 10;

/** Bodies fetched from the spill at once, in bytes, unless a single one is larger. A Worker has 128 MB. */
const DRAINED_AT_ONCE_BYTES = 8 * 1024 * 1024;

/**
 * What a group costs, in calls: fetching it, and the statements about its jobs, workflows and runs. Each delivery costs
 * `DELIVERY_OPERATIONS` more.
 */
const GROUP_OPERATIONS = 6;

/** What reading one pending delivery costs, in calls. */
export const READ_OPERATIONS = 8;

/**
 * What each delivery of a group costs, in calls: a fifth of the statement that keeps it, and deleting it from the
 * spill.
 */
const DELIVERY_OPERATIONS = 1.25;

/**
 * Moves spilled deliveries to the store, as far as the budget goes. It first asks the store which of them it has. If
 * the store has a delivery and has read it, only the new arrival is recorded. If the store has it unread, it is read
 * when its turn comes. The others are kept before they are read, so that a body that kills the Worker is not met here
 * again.
 */
export async function drain(store: Store, spill: Spill, budget: Budget, report: DrainReport): Promise<void> {
  let cursor: string | null = null;
  report.waiting = 0;
  do {
    if (!budget.spend(DRAIN_LOOK_OPERATIONS)) break;
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
  report: DrainReport,
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
    { entries: read, take: (group: readonly Arrival[]) => keepAgain(store, group, budget) },
    {
      entries: unknown,
      take: async (group: readonly Arrival[]) => {
        await intake({ store, spill: null }, group, { keepsFirst: () => true });
        return group;
      },
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
      await drainGroup(take, arrivals, budget, report, forget);
    }
  }
}

/**
 * Records arrivals of deliveries that the store has, and reads those that became pending by that. Gives the deliveries
 * that are read. A reading may use calls that are reserved for later duties, so that every run makes progress.
 */
async function keepAgain(store: Store, group: readonly Arrival[], budget: Budget): Promise<readonly Arrival[]> {
  await store.keep(group);
  const statuses = await store.statusesOf(group.map(({ id }) => id));
  const taken: Arrival[] = [];
  for (const arrival of group) {
    if (statuses.get(arrival.id) === "pending") {
      if (budget.left < 0) continue;
      budget.left -= READ_OPERATIONS;
      await readPending(store, arrival.id);
    }
    taken.push(arrival);
  }
  return taken;
}

/**
 * The first entries that one call can fetch, that fit into memory, and that the budget pays for. An entry that cannot
 * be fetched with others is a group of its own.
 */
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

/**
 * Stores a group, and deletes from the spill what the store has and has read. If that fails, tries each half by itself,
 * so that no delivery blocks the others.
 */
async function drainGroup(
  take: (group: readonly Arrival[]) => Promise<readonly Arrival[]>,
  group: readonly Arrival[],
  budget: Budget,
  report: DrainReport,
  forget: (ids: readonly string[]) => Promise<void>,
): Promise<void> {
  if (group.length === 0) return;
  let taken: readonly Arrival[];
  try {
    taken = await take(group);
  } catch (error) {
    if (group.length === 1 || !budget.spend(GROUP_OPERATIONS + group.length)) {
      report.failures.push(messageOf(error));
      return;
    }
    const half = Math.ceil(group.length / 2);
    for (const part of [group.slice(0, half), group.slice(half)]) await drainGroup(take, part, budget, report, forget);
    return;
  }
  await forget(taken.map(({ id }) => id));
}
