/**
 * The duties of the cron. A run may be killed at any point and repeated, and two runs may overlap: nothing is deleted
 * before the store has it.
 */
import { Budget } from "./budget.ts";
import { drain, DRAIN_LOOK_OPERATIONS, DRAIN_OPERATIONS, type DrainReport, READ_OPERATIONS } from "./drain.ts";
import { FAILED_DAYS } from "./events/limits.ts";
import { type Forwarder, forwardOperations } from "./forward/forward.ts";
import { messageOf, type Places, readPending } from "./intake.ts";
import type { Reconciler, ReconcileReport } from "./reconcile/reconciler.ts";
import type { RetentionDays } from "./settings.ts";
import { EXPECTATION_DAYS, type Expectations, PURGE_EXPECTATIONS_OPERATIONS } from "./store/expectations.ts";
import { type Outbox, PURGE_EVENTS_OPERATIONS } from "./store/outbox.ts";
import type { Cutoffs } from "./store/purged.ts";
import type { Store } from "./store/store.ts";
import type { Level } from "./telemetry/log.ts";

export interface UpkeepOptions {
  retentionDays: RetentionDays;
  /** Calls to D1, KV, endpoints and CI that one run may make. Each statement counts. */
  operations: number;
  forwarder: Forwarder;
  /** Null without keys for CI. */
  reconciler: Reconciler | null;
  /** Milliseconds since 1970. */
  now: number;
}

export interface UpkeepReport extends DrainReport {
  /** Pending deliveries that were read. */
  read: number;
  purged: number;
  /** Bodies of older versions that were rewritten and take less room now. */
  recompressed: number;
  /** Events that were delivered, and attempts that failed. */
  told: number;
  untold: number;
  /** Jobs that have become overdue. */
  overdue: number;
  /** Overdue jobs that CI was asked about, and answers of CI that were taken in for any reason. */
  asked: number;
  reconciled: number;
  /** Verdicts on callbacks. */
  confirmed: number;
  disputed: number;
  /** Jobs seen on CI's lists, and those of them that had ended unknown to this receiver. */
  swept: number;
  found: number;
}

/** The level of a report. Most runs find nothing to do, but CI's lists are seldom empty, so `swept` does not count. */
export function levelOf({ failures, waiting, ...counts }: UpkeepReport): Level {
  if (failures.length > 0) return "error";
  if (waiting !== null && waiting > 0) return "warn";
  return Object.entries(counts).some(([name, count]) => name !== "swept" && count > 0) ? "info" : "debug";
}

/** What noting the run costs, in calls, at most. */
const NOTE_OPERATIONS = 5;

/** What noting overdue jobs costs, in calls: a list, and for each batch of jobs their events and the jobs. */
const NOTE_OVERDUE_OPERATIONS = 3;

/**
 * A slice of recompressing makes four calls at most. It counts for more, since it also takes some of a run's CPU time.
 */
const RECOMPRESS_OPERATIONS = 20;

/** Runs all duties. Each is tried, even if one before it failed. Those that read bodies come last. */
export async function upkeep(
  { store, spill }: Places,
  { retentionDays, operations, forwarder, reconciler, now }: UpkeepOptions,
): Promise<UpkeepReport> {
  const report: UpkeepReport = { ...NOTHING_DONE, failures: [] };
  const cutoffs = cutoffsOf(retentionDays, now);
  const hasRetention = Object.values(cutoffs).some((cutoff) => cutoff !== null);
  const { expectations } = store;
  const turn = turnOf(now);
  // Within asking CI its kinds of questions take turns, too. Divided, so that each comes first in some of those runs.
  const askingTurn = Math.floor(turn / DUTIES_IN_TURN);
  // The drain leaves calls for the other duties: for retention in every run, for the others as far as the budget goes.
  const budget = new Budget(operations - NOTE_OPERATIONS - (expectations === null ? 0 : NOTE_OVERDUE_OPERATIONS));
  const inTurn: [Reserved, number][] = [
    ["tell", forwarder.isReady ? forwardOperations(forwarder.outbox) : 0],
    ["read", READ_OPERATIONS],
    ["ask", reconciler?.operations(askingTurn) ?? 0],
  ];
  const kept = reserve(budget, ["purge", store.purgeOperations(cutoffs)], rotated(inTurn, turn));
  const duties = [
    async () => {
      if (spill !== null) await drain(store, spill, budget, report);
    },
    async () => {
      await store.noteUpkeep(now, report.waiting);
    },
    async () => {
      budget.left += expectations === null ? 0 : NOTE_OVERDUE_OPERATIONS;
      if (expectations !== null) await noteOverdue(expectations, now, budget, report);
    },
    async () => {
      budget.left += kept.tell;
      await tell(forwarder, budget, report);
    },
    async () => {
      budget.left += kept.purge + kept.read;
      if (hasRetention) await purge(store, cutoffs, budget, report);
    },
    async () => {
      await store.retryUnfinished();
    },
    async () => {
      await purgeEvents(forwarder.outbox, retentionDays.events, now, budget, report);
    },
    async () => {
      if (expectations !== null) await purgeExpectations(expectations, now, budget, report);
    },
    async () => {
      await readWaiting(store, budget, report);
    },
    async () => {
      budget.left += kept.ask;
      if (reconciler === null) return;
      noteReconciled(await reconciler.run(budget, askingTurn), report);
      // Events caused by CI's answers are due at once.
      if (report.reconciled + report.disputed + report.confirmed > 0) await tell(forwarder, budget, report);
    },
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

const NOTHING_DONE = {
  drained: 0,
  waiting: null,
  read: 0,
  purged: 0,
  recompressed: 0,
  told: 0,
  untold: 0,
  overdue: 0,
  asked: 0,
  reconciled: 0,
  confirmed: 0,
  disputed: 0,
  swept: 0,
  found: 0,
};

type Reserved = "purge" | "tell" | "read" | "ask";

/** How many duties take turns. */
const DUTIES_IN_TURN = 3;

/**
 * Reserves calls for later duties, as long as the drain keeps its minimum. The duty whose turn it is gets all that it
 * needs, even if the drain can then only look. So no backlog, however long, blocks a duty.
 */
function reserve(
  budget: Budget,
  always: readonly [Reserved, number],
  inTurn: readonly (readonly [Reserved, number])[],
): Record<Reserved, number> {
  const kept = { purge: 0, tell: 0, read: 0, ask: 0 };
  for (const [duty, operations] of [always, ...inTurn]) {
    const isFirst = duty === inTurn[0]?.[0];
    const taken = isFirst ? Math.min(operations, budget.left - DRAIN_LOOK_OPERATIONS) : operations;
    if (!isFirst && budget.left - taken < DRAIN_OPERATIONS) continue;
    budget.spend(taken);
    kept[duty] = taken;
  }
  return kept;
}

const MINUTE_MILLISECONDS = 60_000;

/** Differs from run to run, in no particular order, so that all turns come up however often the cron runs. */
function turnOf(now: number): number {
  const mixed = Math.imul(Math.floor(now / MINUTE_MILLISECONDS), 0x9e37_79b1);
  return (mixed ^ (mixed >>> 15)) >>> 8;
}

function rotated<T>(items: readonly T[], turn: number): T[] {
  const first = turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function tell(forwarder: Forwarder, budget: Budget, report: UpkeepReport): Promise<void> {
  const { told, untold } = await forwarder.tellDue(budget);
  report.told += told;
  report.untold += untold;
}

async function noteOverdue(
  expectations: Expectations,
  now: number,
  budget: Budget,
  report: UpkeepReport,
): Promise<void> {
  let isDone = false;
  while (!isDone && budget.spend(NOTE_OVERDUE_OPERATIONS)) {
    const noted = await expectations.note(now);
    report.overdue += noted.overdue;
    isDone = noted.isDone;
    // If there is nothing to note, only one call was made.
    if (noted.overdue === 0) budget.left += NOTE_OVERDUE_OPERATIONS - 1;
  }
}

async function purgeExpectations(
  expectations: Expectations,
  now: number,
  budget: Budget,
  report: UpkeepReport,
): Promise<void> {
  let isDone = false;
  while (!isDone && budget.spend(PURGE_EXPECTATIONS_OPERATIONS)) {
    const { rows, isDone: isLast } = await expectations.purge(now - EXPECTATION_DAYS * DAY_MILLISECONDS);
    report.purged += rows;
    isDone = isLast;
  }
}

function noteReconciled({ overdue, verified, swept, failures }: ReconcileReport, report: UpkeepReport): void {
  report.asked = overdue.asked;
  report.reconciled = overdue.takenIn + verified.takenIn + swept.counts.fetched;
  report.confirmed = verified.confirmed;
  report.disputed = verified.disputed;
  report.swept = swept.counts.seen;
  report.found = swept.counts.found;
  report.failures.push(...failures);
}

/** Reads pending deliveries, as far as the budget goes. */
async function readWaiting(store: Store, budget: Budget, report: UpkeepReport): Promise<void> {
  if (!budget.spend(1)) return;
  const ids = await store.listPending(Math.floor(budget.left / READ_OPERATIONS));
  for (const id of ids) {
    budget.spend(READ_OPERATIONS);
    const { status } = await readPending(store, id);
    if (status === "read" || status === "unreadable") report.read += 1;
  }
}

/** Uses what the other duties have left, since nothing waits for it. */
async function recompress(store: Store, budget: Budget, report: UpkeepReport): Promise<void> {
  while (budget.spend(RECOMPRESS_OPERATIONS)) {
    const { rows, isDone, faults } = await store.recompress();
    report.recompressed += rows;
    report.failures.push(...faults);
    if (isDone) return;
  }
}

async function purge(store: Store, cutoffs: Cutoffs, budget: Budget, report: UpkeepReport): Promise<void> {
  // At least one slice, whatever the drain has left: retention must not stand still.
  for (let slice = 0; slice === 0 || budget.left >= store.purgeOperations(cutoffs); slice += 1) {
    const { rows, isDone, operations } = await store.purge(cutoffs);
    budget.left -= operations;
    report.purged += rows;
    if (isDone) return;
  }
}

/** Deletes events that have passed their retention, with what the other duties have left: they are few and small. */
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
