/**
 * A stream of callbacks with all kinds of trouble: duplicates, late notices, failed jobs, unreadable bodies, workflows.
 * It follows from the seed alone, so it can be walked twice.
 */
import {
  type Callback,
  type CallbackRequest,
  canBeEarly,
  describeCallback,
  finishCallback,
  type Kind,
  SHAPES,
} from "./callback.ts";
import { damage } from "./damage.ts";
import type { Job, JobQueue } from "./job.ts";
import { Random } from "./random.ts";
import { describeRun, type Run } from "./run.ts";

export interface PlanOptions {
  seed: string;
  /** Milliseconds since 1970. */
  now: number;
  /** The kinds, taken in turn; at least one. */
  kinds: readonly Kind[];
  /** How many callbacks, without those that the percentages add. */
  count: number;
  tokens: number;
  /** Each in percent of the callbacks. */
  duplicates: number;
  outOfOrder: number;
  failed: number;
  malformed: number;
  workflow: number;
  /** How many never come, in percent: exactly that share of `count`, rounded. Default 0. */
  lost?: number;
  /** Where the jobs ran. Default: each in a queue, bucket and region of its own. */
  queue?: JobQueue | undefined;
}

export interface Delivery {
  callback: Callback;
  /** `count` counts the `final` ones; the other roles are added. */
  role: "final" | "late notice" | "duplicate" | "workflow end";
}

export interface PlannedDelivery extends Delivery {
  /** True if CI sent it and it never arrives. */
  isLost: boolean;
  /** What its jobs were made from; null for the end of a workflow, which has jobs of other callbacks. */
  request: CallbackRequest | null;
}

/** How many jobs a run has before its WorkflowFinish comes. */
const RUN_JOBS = 3;

/** How many callbacks never come. */
export const lostOf = ({ count, lost = 0 }: PlanOptions): number => Math.round((count * lost) / 100);

/** All deliveries in the order of sending. */
export function* planDeliveries(options: PlanOptions): Generator<PlannedDelivery, void> {
  const { seed, now, kinds, count, tokens, queue } = options;
  const held: PlannedDelivery[] = [];
  let open: { run: Run; jobs: Job[]; number: number } | null = null;
  let runs = 0;
  let left = lostOf(options);

  for (let index = 0; index < count; index += 1) {
    const random = new Random(seed, "plan", index);
    // All are drawn each time, so that a change of one percentage does not change what the others hit.
    const [isFailed, isLate, isMalformed, isOfWorkflow, isTwice] = [
      options.failed,
      options.outOfOrder,
      options.malformed,
      options.workflow,
      options.duplicates,
    ].map((percent) => random.chance(percent / 100)) as [boolean, boolean, boolean, boolean, boolean];
    const kind = kinds[index % kinds.length] as Kind;
    // Chooses so many of those to come, each with the same probability.
    const isLost = new Random(seed, "lost", index).chance(left / (count - index));
    if (isLost) left -= 1;
    const plain = { seed, index, kind, now, tokens, queue, failed: isFailed };

    if (isMalformed) {
      yield { callback: damage(describeCallback(plain).callback, random), role: "final", isLost, request: plain };
      continue;
    }
    if (isOfWorkflow && SHAPES[kind.shape].hasTag && open === null) {
      open = { run: describeRun(seed, runs, now), jobs: [], number: runs };
      runs += 1;
    }
    const run = isOfWorkflow && SHAPES[kind.shape].hasTag ? open?.run : undefined;
    const request = { ...plain, run };
    const { callback, jobs } = describeCallback(request);
    yield { callback, role: "final", isLost, request };
    if (isLate && canBeEarly(kind)) {
      yield { callback: describeCallback({ ...request, early: true }).callback, role: "late notice", isLost, request };
    }
    if (isTwice) held.push({ callback, role: "duplicate", isLost, request });
    // A duplicate comes a little later than the original.
    if (held.length > 3 || (held.length > 0 && random.chance(0.5))) yield held.shift() as PlannedDelivery;
    if (open !== null && run !== undefined) {
      open.jobs.push(...jobs);
      if (open.jobs.length >= RUN_JOBS) {
        yield endOf(options, open);
        open = null;
      }
    }
  }
  if (open !== null) yield endOf(options, open);
  yield* held;
}

function endOf(
  { seed, now }: PlanOptions,
  { run, jobs, number }: { run: Run; jobs: Job[]; number: number },
): PlannedDelivery {
  const format = number % 2 === 0 ? "xml" : "json";
  const kind: Kind = { shape: "workflow-finish", format, tag: null };
  const callback = finishCallback({ seed, index: -1 - number, kind, now }, run, jobs);
  return { callback, role: "workflow end", isLost: false, request: null };
}
