/**
 * Sends events: right after their cause, from the cron, and from the queue. Every attempt holds a lease. Endpoints are
 * served side by side, so that a dead one does not block the others.
 */
import type { Budget } from "../budget.ts";
import { type Endpoint, endpointsOf } from "../events/endpoints.ts";
import type { EventError } from "../events/events.ts";
import { BREAKER_FAILURES } from "../events/limits.ts";
import { bodyOf } from "../events/payload.ts";
import { messageOf } from "../intake.ts";
import type { Forward } from "../settings.ts";
import type { LeasedEvent, Outbox, WaitingEndpoint } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import type { Log } from "../telemetry/log.ts";
import { type ForwardReport, type Means, type Next, tellEndpoint } from "./attempts.ts";
import { contentsOf } from "./content.ts";
import { type DueEvent, enqueueDue, MESSAGES_AT_ONCE } from "./messages.ts";
import { sendEvent } from "./send.ts";

/** How many connections are open at once. A Worker may have six; the platform makes further ones wait. */
const CONNECTIONS = 5;

/** How long after an answer attempts may begin, in milliseconds: `waitUntil` lasts 30 s, and an attempt 15. */
const AFTER_ANSWER_MILLISECONDS = 12_000;

/** For how long a run of the cron, or a batch of the queue, may begin attempts, in milliseconds. */
const RUN_MILLISECONDS = 60_000;

/** What one attempt costs the cron at least, in calls: looking at what waits, and a wave of one. */
export const forwardOperations = ({ costs }: Outbox): number => costs.look + costs.wave + costs.attempt;

/** What an endpoint said to `receiver.test`. */
export interface TestAnswer {
  /** Its host. */
  endpoint: string;
  status: number | null;
  error: string | null;
}

export interface Forwarder {
  outbox: Outbox;
  endpoints: Promise<Endpoint[]>;
  /** True if there is an endpoint, and a secret to sign with. */
  isReady: boolean;
  /** Makes the first attempts of new events, for `waitUntil`. Never rejects. */
  tellFirst(events: readonly LeasedEvent[]): Promise<void>;
  /** Attempts events that were made due by hand, for `waitUntil`. Never rejects. */
  tellThese(ids: readonly string[]): Promise<void>;
  /** Attempts what is due, as far as the budget goes: for the cron. */
  tellDue(budget: Budget): Promise<ForwardReport>;
  /** Attempts the events of a batch of messages that are due. */
  consume(ids: readonly string[]): Promise<ForwardReport>;
  /** Sends `receiver.test` to every endpoint, and gives what each said. */
  test(): Promise<TestAnswer[]>;
}

export function forwarder(
  store: Store,
  { urls, areUrlsGood, secrets }: Forward,
  log: Log,
  queue: Queue<DueEvent> | null,
): Forwarder {
  const { outbox } = store;
  const means: Means = { contents: contentsOf(store), outbox, secrets, log, queue };
  const endpoints = endpointsOf(urls);
  const isReady = urls.length > 0 && secrets.length > 0;

  /** Attempts leased events, endpoints side by side. Events that cannot be attempted in time are given back. */
  async function tellLeased(events: readonly LeasedEvent[]): Promise<void> {
    const byEndpoint = Map.groupBy(events, ({ endpoint }) => endpoint);
    const known = (await endpoints).filter(({ id }) => byEndpoint.has(id));
    const until = Date.now() + AFTER_ANSWER_MILLISECONDS;
    await allOf(
      known.map(async (endpoint) => {
        const waiting = [...(byEndpoint.get(endpoint.id) ?? [])];
        const next: Next = (limit) => Promise.resolve(waiting.splice(0, limit));
        const bounds = { width: share(known.length), until, budget: null, failures: 0 };
        await tellEndpoint(means, endpoint, next, bounds, newReport());
        await giveBack(waiting);
      }),
    );
  }

  async function giveBack(events: readonly LeasedEvent[]): Promise<void> {
    if (events.length === 0) return;
    await outbox.release(events, Date.now());
    if (queue === null) return;
    const ids = events.map(({ id }) => id);
    await enqueueDue(queue, ids);
  }

  /** If this fails, the events are due when their leases end, and the cron finds them. */
  async function quietly(work: () => Promise<void>): Promise<void> {
    try {
      // Wait for the next turn, so that the answer is sent first.
      await scheduler.wait(0);
      await work();
    } catch (error) {
      log("warn", "attempt not made", { fault: messageOf(error) });
    }
  }

  /**
   * Serves one endpoint: by a single probe if its breaker is open, by messages if there is a queue, otherwise by
   * attempts.
   */
  async function tellWaiting(
    endpoint: Endpoint,
    { failures, openUntil }: WaitingEndpoint,
    bounds: { width: number; until: number; budget: Budget },
    report: ForwardReport,
  ): Promise<void> {
    const { budget } = bounds;
    const now = Date.now();
    const next: Next = (limit) => outbox.lease(endpoint.id, limit, Date.now());
    if (failures >= BREAKER_FAILURES) {
      await fail(endpoint.host, "endpoint-down", budget, (limit) => outbox.failOverdue(endpoint.id, now, limit));
      if ((openUntil ?? 0) > now || !budget.spend(1) || !(await outbox.takeProbe(endpoint.id, now))) return;
    } else if (queue !== null) {
      if (budget.spend(2)) await enqueueDue(queue, await outbox.listDue(endpoint.id, MESSAGES_AT_ONCE, now));
      return;
    }
    await tellEndpoint(means, endpoint, next, { ...bounds, failures }, report);
  }

  async function failRemoved(waiting: readonly WaitingEndpoint[], known: readonly Endpoint[], budget: Budget) {
    // If a URL is wrong and so left out, nobody can tell which endpoint was removed.
    if (!areUrlsGood) return;
    for (const { endpoint } of waiting) {
      if (known.some(({ id }) => id === endpoint)) continue;
      await fail(null, "endpoint-removed", budget, (limit) => outbox.failRemoved(endpoint, Date.now(), limit));
    }
  }

  /** Gives events up without another attempt. Half of the budget is left for events that are attempted. */
  async function fail(
    endpoint: string | null,
    error: EventError,
    budget: Budget,
    give: (limit: number) => Promise<number>,
  ): Promise<void> {
    const each = outbox.costs.failed;
    const limit = each === 0 ? Infinity : Math.floor(budget.left / 2 / each);
    if (limit < 1 || !budget.spend(1)) return;
    const events = await give(limit);
    budget.left -= events * each;
    if (events > 0) log("error", "event failed", { endpoint, events, error });
  }

  return {
    outbox,
    endpoints,
    isReady,

    tellFirst: (events) =>
      quietly(async () => {
        if (!isReady) return;
        await giveBack(events.slice(outbox.attemptsAtOnce));
        await tellLeased(events.slice(0, outbox.attemptsAtOnce));
      }),

    tellThese: (ids) =>
      quietly(async () => {
        if (!isReady || ids.length === 0) return;
        if (queue !== null) await enqueueDue(queue, ids.slice(outbox.attemptsAtOnce));
        await tellLeased(await outbox.leaseThese(ids.slice(0, outbox.attemptsAtOnce), Date.now()));
      }),

    async tellDue(budget) {
      const report = newReport();
      if (!budget.spend(outbox.costs.look)) return report;
      const [known, waiting] = await Promise.all([endpoints, outbox.waiting()]);
      await failRemoved(waiting, known, budget);
      if (!isReady) return report;
      const now = Date.now();
      const due = waiting.flatMap((one) => {
        const endpoint = known.find(({ id }) => id === one.endpoint);
        return endpoint === undefined || one.dueAt > now ? [] : [{ endpoint, one }];
      });
      const bounds = { width: share(due.length), until: now + RUN_MILLISECONDS, budget };
      const inTurn = rotated(due, Math.floor(now / RUN_MILLISECONDS));
      await allOf(inTurn.map(({ endpoint, one }) => tellWaiting(endpoint, one, bounds, report)));
      return report;
    },

    async consume(ids) {
      const report = newReport();
      if (!isReady) return report;
      const found = await outbox.endpointsOf(ids, Date.now());
      const known = (await endpoints).filter(({ id }) => [...found.values()].includes(id));
      const bounds = { width: share(known.length), until: Date.now() + RUN_MILLISECONDS, budget: null, failures: 0 };
      await allOf(
        known.map((endpoint) => {
          const waiting = [...found].flatMap(([event, id]) => (id === endpoint.id ? [event] : []));
          const next: Next = async (limit) => {
            let leased: LeasedEvent[] = [];
            while (leased.length === 0 && waiting.length > 0)
              leased = await outbox.leaseThese(waiting.splice(0, limit), Date.now());
            return leased;
          };
          return tellEndpoint(means, endpoint, next, bounds, report);
        }),
      );
      return report;
    },

    async test() {
      const id = `evt_${crypto.randomUUID().replaceAll("-", "")}`;
      const body = bodyOf({ type: "receiver.test", at: Date.now() }, {});
      return Promise.all(
        (await endpoints).map(async (endpoint) => {
          const { status, error } = await sendEvent(endpoint, secrets, { id, body });
          return { endpoint: endpoint.host, status, error };
        }),
      );
    },
  };
}

const newReport = (): ForwardReport => ({ told: 0, untold: 0 });

/** How many attempts at once each of so many endpoints gets. */
const share = (count: number): number => Math.max(1, Math.floor(CONNECTIONS / Math.max(1, count)));

/** Waits for all work, even if some fails; then rejects with the first failure. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Starts with another item in each run, so that a small budget comes to all of them in turn. */
function rotated<T>(items: readonly T[], turn: number): T[] {
  const at = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
