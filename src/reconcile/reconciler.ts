/** What asks CI, as routes, the cron and the queue have it. */
import { Budget } from "../budget.ts";
import type { Result } from "../callback/result.ts";
import { messageOf, type Places } from "../intake.ts";
import type { CiSettings } from "../settings.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import type { Log } from "../telemetry/log.ts";
import { askNow, type AskedNow } from "./ask-now.ts";
import { Asking, type Means } from "./asking.ts";
import { check, type CheckAnswer } from "./check.ts";
import { ciClient } from "./ci.ts";
import type { AskFailure } from "./faults.ts";
import { askOverdue, OVERDUE_OPERATIONS, type OverdueReport } from "./overdue.ts";
import { sweep, SWEEP_OPERATIONS, type SweepReport } from "./sweep.ts";
import { sweptLists } from "./sweep-state.ts";
import { VERIFIED_AT_ONCE, verify, VERIFY_OPERATIONS, type VerifyReport } from "./verify.ts";

/** How long after the answer to a request questions may begin, in milliseconds: `waitUntil` lasts 30 s, and an answer may take 10. */
const AFTER_ANSWER_MILLISECONDS = 12_000;

/** How long one run of the cron, or one batch of the queue, may begin requests, in milliseconds. */
const RUN_MILLISECONDS = 60_000;

/** What telling the events of one bundle costs in calls, and of each event in it. */
const TELL_OPERATIONS = { bundle: 3, event: 2 };

/** Whoever tells the user's system what answers have caused. Never rejects. */
export interface Teller {
  tellFirst(events: readonly LeasedEvent[]): Promise<void>;
  tellThese(ids: readonly string[]): Promise<void>;
}

/** What a callback costs in calls at most, with its events told. */
const CALLBACK_OPERATIONS = 60;

/** What asking about one callback takes, with one event told. */
const VERIFY_AND_TELL_OPERATIONS = 1 + VERIFY_OPERATIONS + TELL_OPERATIONS.bundle + TELL_OPERATIONS.event;

export interface ReconcileReport {
  overdue: OverdueReport;
  verified: VerifyReport;
  swept: SweepReport;
  /** What a store refused; it is tried again by the next run. */
  failures: string[];
}

export interface Reconciler {
  /** Whether callbacks are asked about. */
  isVerifying: boolean;
  /** What one run needs at least for something of whichever duty has its turn, in calls. */
  operations(turn: number): number;
  /** Asks about a job now. Rejects with a StoreError. */
  askNow(jobId: string): Promise<Result<AskedNow, AskFailure>>;
  /** Asks about callbacks that have just come, for `waitUntil`. Never rejects. */
  verifyThese(jobIds: readonly string[]): Promise<void>;
  /** Asks about what is overdue, due to be verified, or on CI's lists, as far as the budget goes: for the cron. Never rejects. */
  run(budget: Budget, turn: number): Promise<ReconcileReport>;
  /** Tries whether CI can be asked. */
  check(): Promise<CheckAnswer[]>;
}

export interface ReconcilerOptions {
  settings: CiSettings;
  /** Largest answer that is read, in bytes. */
  maxBytes: number;
  /** Calls that one request or one run may make. */
  operations: number;
  /** Null where nobody is told. */
  teller: Teller | null;
  log: Log;
}

/** Null without keys: nothing is asked. */
export function reconciler(places: Places, options: ReconcilerOptions): Reconciler | null {
  const { settings, maxBytes, operations, teller, log } = options;
  const { keys, endpoint, queues, sweepHours, isVerifying } = settings;
  if (keys === null) return null;
  const { store } = places;
  const now = () => Date.now();
  const ci = ciClient({ ...keys, endpoint, queues }, { fetch: (url, init) => fetch(url, init), now, maxBytes });
  const means: Means = { places, ci, queues, log, now };
  const lists = sweptLists(queues);

  const duties = {
    overdue: { least: OVERDUE_OPERATIONS, isOn: store.expectations !== null },
    verify: { least: VERIFY_OPERATIONS, isOn: isVerifying && store.verdicts !== null },
    sweep: { least: SWEEP_OPERATIONS, isOn: lists.length > 0 && store.sweeps !== null },
  };
  const inTurn = (turn: number) => {
    const on = (["overdue", "verify", "sweep"] as const).filter((name) => duties[name].isOn);
    const first = on.length === 0 ? 0 : turn % on.length;
    return [...on.slice(first), ...on.slice(0, first)];
  };

  /** Verdicts, and what is due since: told at once where that can be paid for, and otherwise by the cron. */
  async function verifyAndTell(asking: Asking, jobIds: readonly string[] | null): Promise<VerifyReport> {
    if (store.verdicts === null) return NOTHING_VERIFIED;
    const { due, ...report } = await verify(asking, store.verdicts, jobIds);
    const cost = TELL_OPERATIONS.bundle + due.length * TELL_OPERATIONS.event;
    if (teller !== null && due.length > 0 && asking.spend(cost)) await teller.tellThese(due);
    return report;
  }

  return {
    isVerifying: duties.verify.isOn,

    operations: (turn) => {
      const [first] = inTurn(turn);
      return first === undefined ? 0 : 1 + duties[first].least;
    },

    askNow: (jobId) => askNow(new Asking(means, null, now() + RUN_MILLISECONDS), jobId),

    async verifyThese(jobIds) {
      if (!duties.verify.isOn || jobIds.length === 0) return;
      // The callback has made calls of its own.
      const budget = new Budget(Math.max(VERIFY_AND_TELL_OPERATIONS, operations - CALLBACK_OPERATIONS));
      const asking = new Asking(means, budget, now() + AFTER_ANSWER_MILLISECONDS);
      try {
        if (!(await asking.mayBegin())) return;
        await verifyAndTell(asking, jobIds.slice(0, VERIFIED_AT_ONCE));
        await teller?.tellFirst(asking.events);
      } catch (error) {
        // The questions are kept, and the cron asks them.
        log("warn", "ask failed", { kind: "store", fault: messageOf(error) });
      }
    },

    async run(budget, turn) {
      const report: ReconcileReport = {
        overdue: { asked: 0, takenIn: 0 },
        verified: NOTHING_VERIFIED,
        swept: { counts: { seen: 0, found: 0, fetched: 0 }, adopted: 0 },
        failures: [],
      };
      const until = now() + RUN_MILLISECONDS;
      const order = inTurn(turn);
      const work = {
        overdue: async (asking: Asking) => {
          if (store.expectations !== null) report.overdue = await askOverdue(asking, store.expectations);
        },
        verify: async (asking: Asking) => void (report.verified = await verifyAndTell(asking, null)),
        sweep: async (asking: Asking) =>
          void (report.swept = await sweep(asking, {
            lists,
            sweepHours,
            maxBytes,
            turn: Math.floor(turn / order.length),
          })),
      };
      let isPaused = false;
      for (const [at, name] of order.entries()) {
        // What the first does not need is left to the others.
        const left = order.length - at;
        const share = new Budget(
          Math.min(budget.left, Math.max(duties[name].least + 1, Math.floor(budget.left / left))),
        );
        const given = share.left;
        const asking: Asking = new Asking(means, share, until);
        try {
          if (at === 0) isPaused = !(await asking.mayBegin());
          if (!isPaused) await work[name](asking);
          await teller?.tellFirst(asking.events);
          isPaused ||= asking.isStopped;
        } catch (error) {
          report.failures.push(messageOf(error));
        }
        budget.left -= given - share.left;
      }
      return report;
    },

    check: () => check(means),
  };
}

const NOTHING_VERIFIED: VerifyReport = { confirmed: 0, disputed: 0, takenIn: 0 };
