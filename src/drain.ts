/** Brings home what waits in the spill. */
import type { Budget } from "./budget.ts";
import { intake, messageOf, readPending } from "./intake.ts";
import { type Spill, SPILL_BULK_KEYS, type SpillEntry } from "./store/spill.ts";
import type { Arrival, Store } from "./store/store.ts";

export interface DrainReport {
  drained: number;
  /** Spilled deliveries that still wait, as far as this run has counted; null where the spill could not be asked. */
  waiting: number | null;
  /** What a store refused; it is tried again by the next run. */
  failures: string[];
}

/** Seeing what waits: a list of the spill, and what the store has of it. */
export const DRAIN_LOOK_OPERATIONS = 2;

/** What bringing one group home costs at least, in calls: to see what waits, and the group. */
export const DRAIN_OPERATIONS = 10;

/** Bodies fetched from the spill at once, in bytes, unless a single one is larger. A Worker has 128 MB. */
const DRAINED_AT_ONCE_BYTES = 8 * 1024 * 1024;

/** Of one group: fetching it, and the statements about its jobs, workflows and runs. Each delivery has a share of its own. */
const GROUP_OPERATIONS = 6;

/** Reading one delivery that was kept unread. */
export const READ_OPERATIONS = 8;

/** Of one delivery: a fifth of the statement that keeps it, and forgetting it. */
const DELIVERY_OPERATIONS = 1.25;

/**
 * Brings spilled deliveries into the store, as far as the budget goes. Which are there already the store is asked
 * first: of what it has read, the arrival is kept alone; what it has not read yet is left to its turn, and the rest
 * is kept before it is read, so that a body that ends the reading is not met here again.
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
      await bringIn(take, arrivals, budget, report, forget);
    }
  }
}

/**
 * Keeps what the store has read already, and reads again what has to be; gives those that are read. One reading may
 * take what is put by for later ones, so that no run ends without any.
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

/** Stores a group, and forgets what the store has and has read. Where that fails it is tried by halves, so that none holds up the others. */
async function bringIn(
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
    for (const part of [group.slice(0, half), group.slice(half)]) await bringIn(take, part, budget, report, forget);
    return;
  }
  await forget(taken.map(({ id }) => id));
}
