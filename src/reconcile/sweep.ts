/**
 * The sweep: walks CI's lists of jobs, and takes in the end of every job whose callback did not come. Its place is
 * written after each page, and only once the jobs on it are taken in, so it may be killed anywhere and leaves no gap.
 * Two at once hurt nobody: who finds that another has written since stops. How it walks: docs/reconcile.md.
 */
import type { Result } from "../callback/result.ts";
import type { JobReading } from "../callback/types.ts";
import type { ExpectedByList } from "../store/expectations.ts";
import type { Store } from "../store/store.ts";
import type { KeptSweep, Sweeps } from "../store/sweeps.ts";
import { type Asking, TAKE_IN_OPERATIONS } from "./asking.ts";
import type { CiFailure, Described, Listed } from "./ci.ts";
import { jobAtBeginning } from "./beginning.ts";
import { DESCRIBE_REQUESTS } from "./limits.ts";
import {
  beyond,
  type Counts,
  fateOf,
  halved,
  isLookedBackAt,
  nextSize,
  oldestOf,
  type Pass,
  restarted,
  resume,
  type SweepState,
  sweepName,
  type SweptList,
  turned,
} from "./sweep-state.ts";

/** Writing that a walk begins, and where it ends. */
const WALK_OPERATIONS = 2;

/** Of a page: the request, which of its jobs are known, and the place after it. */
const PAGE_OPERATIONS = 3;

/** Making expectations of jobs, and asking which of them there are. */
const ADOPT_OPERATIONS = 1;
const EXPECTED_OPERATIONS = 1;

/** What a page takes at least on which one job is found. */
export const SWEEP_OPERATIONS =
  1 +
  WALK_OPERATIONS +
  PAGE_OPERATIONS +
  EXPECTED_OPERATIONS +
  ADOPT_OPERATIONS +
  TAKE_IN_OPERATIONS +
  DESCRIBE_REQUESTS;

/** Bounds of creation times are exclusive, and in whole seconds. */
const SECOND = 1_000;

export interface SweepOptions {
  lists: readonly SweptList[];
  sweepHours: number;
  /** Largest answer that is read, in bytes. */
  maxBytes: number;
  /** Which of the lists is walked first: another one in each run, so that a small budget serves all of them in turn. */
  turn: number;
}

export interface SweepReport {
  counts: Counts;
  /** Jobs that became expectations. */
  adopted: number;
}

/** Walks every list, as far as the run goes. */
export async function sweep(asking: Asking, { lists, turn, ...options }: SweepOptions): Promise<SweepReport> {
  const report: SweepReport = { counts: { seen: 0, found: 0, fetched: 0 }, adopted: 0 };
  const { store } = asking.means.places;
  const { sweeps } = store;
  if (sweeps === null || lists.length === 0 || !asking.spend(1)) return report;
  const kept = await sweeps.read(lists.map(sweepName));
  const first = turn % lists.length;
  for (const list of [...lists.slice(first), ...lists.slice(0, first)]) {
    if (asking.isOver) break;
    await new Walk(asking, store, sweeps, list, options, report).walk(kept.get(sweepName(list)));
  }
  return report;
}

type Walking = SweepState & { pass: Pass };

/** The walk along one list. */
class Walk {
  readonly #asking: Asking;
  readonly #store: Store;
  readonly #sweeps: Sweeps;
  readonly #list: SweptList;
  readonly #options: Omit<SweepOptions, "lists" | "turn">;
  readonly #report: SweepReport;
  #version = 0;
  #hasRestarted = false;

  constructor(
    asking: Asking,
    store: Store,
    sweeps: Sweeps,
    list: SweptList,
    options: Omit<SweepOptions, "lists" | "turn">,
    report: SweepReport,
  ) {
    this.#asking = asking;
    this.#store = store;
    this.#sweeps = sweeps;
    this.#list = list;
    this.#options = options;
    this.#report = report;
  }

  async walk(kept: KeptSweep | undefined): Promise<void> {
    if (!this.#asking.spend(WALK_OPERATIONS)) return;
    this.#version = kept?.version ?? 0;
    let state: SweepState = resume(
      (kept?.state as SweepState | undefined) ?? null,
      this.#now(),
      this.#options.sweepHours,
    );
    if (!(await this.#write(state))) return;
    while (state.pass !== null) {
      const next = await this.#step(state as Walking);
      if (!(await this.#write(next.state)) || next.isOver) return;
      state = next.state;
    }
  }

  /** One page, or what keeps it from being one. */
  async #step(state: Walking): Promise<{ state: SweepState; isOver: boolean }> {
    const stop = { state: { ...state, isUnderWay: false }, isOver: true };
    const goOn = (changes: Partial<SweepState>) => ({ state: { ...state, ...changes }, isOver: false });
    if (!this.#asking.spend(PAGE_OPERATIONS - 1)) return stop;
    const page = await this.#ask(state);
    if (page.ok) return this.#turn(state, page.value);
    const failure = page.error;
    if (failure.kind === "too-large") {
      if (state.size > 1) return goOn({ size: halved(state.size) });
      const pass = await this.#passBy(state.pass, failure.beginning);
      return pass === null ? stop : goOn({ pass });
    }
    // A smaller page is answered sooner.
    if (failure.kind === "timeout") return { state: { ...stop.state, size: halved(state.size) }, isOver: true };
    if (!this.#isTokenRefused(state.pass, failure)) return stop;
    this.#hasRestarted = true;
    return goOn({ pass: restarted(state.pass) });
  }

  #ask({ pass, size }: Walking): Promise<Result<Listed, CiFailure | { kind: "stopped" }>> {
    const { from, until, nextToken } = pass;
    return this.#asking.list({ ...this.#list, start: from - SECOND, end: until, size, nextToken, order: "Asc" });
  }

  /**
   * Passes by a job that is too large for a list even alone, and expects it: asked about, CI may say less. Null where
   * nothing tells which job it is.
   */
  async #passBy(pass: Pass, beginning: string): Promise<Pass | null> {
    const job = jobAtBeginning(beginning);
    this.#asking.means.log("warn", "list too large", { ...this.#list, jobId: job?.jobId ?? null });
    if (job === null) return null;
    await this.#adopt([{ jobId: job.jobId, tag: null, userData: null }]);
    return beyond(pass, job.createdAt);
  }

  /** Once in a run: what is refused again is refused for another reason. */
  #isTokenRefused({ nextToken }: Pass, failure: CiFailure | { kind: "stopped" }): boolean {
    return nextToken !== null && !this.#hasRestarted && failure.kind === "denied" && failure.status < 401;
  }

  /** Settles the jobs of a page as far as they can be. Where time or budget ends it, the page is asked for again. */
  async #turn(state: Walking, { jobs, nextToken, body }: Listed): Promise<{ state: SweepState; isOver: boolean }> {
    const now = this.#now();
    const known = await this.#store.terminalOf(jobs.map(({ jobId }) => jobId));
    const fates = Map.groupBy(jobs, (job) => fateOf(job, known.has(job.jobId), now));
    const ended = await this.#withoutExpected(state.pass, fates.get("fetch") ?? []);
    const fetched = await this.#fetch(ended);
    const adopted = [...(fates.get("adopt") ?? []), ...fetched.others];
    if (adopted.length > 0) await this.#adopt(adopted);
    const found = ended.length;
    this.#report.counts.fetched += fetched.taken;
    if (!fetched.isDone) {
      // They are terminal here when the page is asked for again, so they are counted now.
      const counts = { seen: 0, found: fetched.taken, fetched: fetched.taken };
      this.#report.counts.found += fetched.taken;
      const { pass, total } = state;
      return { state: { ...state, ...counted(pass, total, counts), isUnderWay: false }, isOver: true };
    }
    // What an earlier pass has seen already is not counted again.
    const seen = jobs.filter((job) => !isLookedBackAt(state.pass, job) || ended.includes(job)).length;
    this.#report.counts.seen += seen;
    this.#report.counts.found += found;
    const oldest = oldestOf(fates.get("hold") ?? [], state.pass.oldest);
    const first = oldestOf(jobs, null);
    const counts = { seen, found, fetched: fetched.taken };
    const size = nextSize(state.size, body.length, this.#options.maxBytes);
    return { state: turned(state, { nextToken, oldest, first, counts, size }, now), isOver: false };
  }

  /** A job that an earlier pass could not learn the end of is expected since: whoever asks about the overdue asks about it. */
  async #withoutExpected(pass: Pass, ended: readonly JobReading[]): Promise<readonly JobReading[]> {
    const again = ended.filter((job) => isLookedBackAt(pass, job)).map(({ jobId }) => jobId);
    const { expectations } = this.#store;
    if (again.length === 0 || expectations === null) return ended;
    this.#asking.spend(EXPECTED_OPERATIONS);
    const expected = await expectations.openOf(again);
    return ended.filter(({ jobId }) => !expected.has(jobId));
  }

  /** Asks about jobs that have ended, and takes the answers in; of others, which CI could not tell, the overdue are asked again. */
  async #fetch(jobs: readonly JobReading[]) {
    const asking = this.#asking;
    const told = { taken: 0, others: [] as JobReading[], isDone: true };
    let rest = jobs;
    while (rest.length > 0) {
      const limit = asking.affordable(DESCRIBE_REQUESTS, TAKE_IN_OPERATIONS + ADOPT_OPERATIONS, FETCHED_AT_ONCE);
      if (limit < 1) return { ...told, isDone: false };
      const answers: Described[] = [];
      for (const { job, answer } of await asking.describeAll(
        rest.slice(0, limit).map((job) => ({ ...job, ...this.#placeOf() })),
      )) {
        if (answer.ok && answer.value.job?.terminal === true) answers.push(answer.value);
        else if (answer.ok || !asking.isOver) told.others.push(job);
        else told.isDone = false;
      }
      if (answers.length > 0) {
        asking.spend(TAKE_IN_OPERATIONS);
        const outcomes = await asking.takeIn(answers);
        told.taken += outcomes.filter((outcome) => outcome !== null).length;
        told.others.push(...answers.flatMap(({ job }, at) => (outcomes[at] === null && job !== null ? [job] : [])));
      }
      if (!told.isDone) return told;
      rest = rest.slice(limit);
    }
    return told;
  }

  /** A job is asked about where it is listed, whatever it says itself. */
  #placeOf() {
    const { bucket, region } = this.#list;
    return { bucket, region };
  }

  async #adopt(jobs: readonly Pick<JobReading, "jobId" | "tag" | "userData">[]): Promise<void> {
    this.#asking.spend(ADOPT_OPERATIONS);
    const { bucket, region, queueId } = this.#list;
    const expected = jobs.map(({ jobId, tag, userData }): ExpectedByList => ({
      jobId,
      bucket,
      region,
      queueId,
      tag: tag ?? this.#list.tag,
      userData,
    }));
    this.#report.adopted += (await this.#store.expectations?.adopt(expected, this.#now())) ?? 0;
  }

  /** False where another run has written since. */
  async #write(state: SweepState): Promise<boolean> {
    const isWritten = await this.#sweeps.write(sweepName(this.#list), this.#version, state);
    this.#version += 1;
    return isWritten;
  }

  #now(): number {
    return this.#asking.means.now();
  }
}

/** Jobs asked about between one writing of answers and the next. */
const FETCHED_AT_ONCE = 20;

function counted(pass: Pass, total: Counts, counts: Counts) {
  return {
    pass: {
      ...pass,
      counts: {
        ...pass.counts,
        found: pass.counts.found + counts.found,
        fetched: pass.counts.fetched + counts.fetched,
      },
    },
    total: { ...total, found: total.found + counts.found, fetched: total.fetched + counts.fetched },
  };
}
