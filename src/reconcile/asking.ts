/**
 * One run of asking CI: how much of it there may still be, and when to stop. Every request of the cron, of a batch and
 * of a request's aftermath goes through here, so that where CI says "slow down" or refuses the keys, nothing more is asked.
 */
import type { Budget } from "../budget.ts";
import { parseCallback } from "../callback/callback.ts";
import { fail, type Result } from "../callback/result.ts";
import { intake, nameArrival, type Outcome, type Places } from "../intake.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import type { Log } from "../telemetry/log.ts";
import type { CiClient, CiFailure, Described, Listed, ListQuery } from "./ci.ts";
import { tellsState } from "./answer.ts";
import { type AskFailure, stopsAll } from "./faults.ts";
import { placeOf, type Whereabouts } from "./location.ts";
import { type AskedJob, pathsOf } from "./paths.ts";
import { pauseUntil } from "./schedule.ts";
import type { CiQueue } from "./queues.ts";

/** What CI is asked with. */
export interface Means {
  places: Places;
  ci: CiClient;
  queues: readonly CiQueue[] | null;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Requests under way at once. A Worker may have six connections; the platform makes others wait. */
const REQUESTS_AT_ONCE = 5;

/** Where the pause is kept that CI asked for: beside the places of sweeps, since it is of the same kind. */
const PAUSE = "pause";

/** How many times a run tries to write its pause while others write theirs. */
const PAUSE_TRIES = 3;

interface Pause {
  until: number;
}

/** What writing answers costs in calls to D1, of which many go into one statement: themselves, their jobs, and events. */
export const TAKE_IN_OPERATIONS = 6;

export type JobToAsk = AskedJob & Whereabouts;

export class Asking {
  readonly means: Means;
  /** Events that answers have caused, whose first attempts are the caller's to make. */
  readonly events: LeasedEvent[] = [];
  readonly #budget: Budget | null;
  readonly #until: number;
  #isStopped = false;
  #hasLoggedPlace = false;

  /** `budget` is null where only time bounds the run; `until` is when the last request may begin, in milliseconds since 1970. */
  constructor(means: Means, budget: Budget | null, until: number) {
    this.means = means;
    this.#budget = budget;
    this.#until = until;
  }

  /** Whether CI has said that nothing more is to be asked for now. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get isOver(): boolean {
    return this.#isStopped || this.means.now() >= this.#until;
  }

  /** Spends calls, where there are as many and the run is not over. */
  spend(operations: number): boolean {
    return !this.isOver && (this.#budget === null || this.#budget.spend(operations));
  }

  /** How many times so many calls can be paid for, with `fixed` ones beside them. */
  affordable(each: number, fixed: number, most: number): number {
    if (this.isOver) return 0;
    return this.#budget === null ? most : Math.min(most, Math.floor((this.#budget.left - fixed) / each));
  }

  /** Whether CI may be asked at all: not while it has said that it is asked too often. One call. */
  async mayBegin(): Promise<boolean> {
    if (this.means.places.store.sweeps === null) return !this.isOver;
    if (!this.spend(1)) return false;
    if ((await this.pauseSeconds()) > 0) this.#isStopped = true;
    return !this.isOver;
  }

  /** For how much longer CI is not to be asked, since it has said that it is asked too often, in whole seconds. */
  async pauseSeconds(): Promise<number> {
    const { sweeps } = this.means.places.store;
    const pause = (await sweeps?.read([PAUSE]))?.get(PAUSE)?.state as Pause | undefined;
    return pause === undefined ? 0 : Math.max(0, Math.ceil((pause.until - this.means.now()) / 1000));
  }

  async describe(job: JobToAsk): Promise<Result<Described, AskFailure>> {
    const { ci, queues, log } = this.means;
    const place = placeOf(job, queues);
    if (place === null) {
      if (!this.#hasLoggedPlace) log("warn", "job without place", { jobId: job.jobId });
      this.#hasLoggedPlace = true;
      return fail({ kind: "no-place" });
    }
    if (!this.spend(pathsOf(job).length)) return fail({ kind: "stopped" });
    const answer = await ci.describe(place, job);
    if (!answer.ok) await this.#note(answer.error, { jobId: job.jobId, ...place });
    return answer;
  }

  async list(query: ListQuery): Promise<Result<Listed, CiFailure | { kind: "stopped" }>> {
    if (!this.spend(1)) return fail({ kind: "stopped" });
    const answer = await this.means.ci.list(query);
    const { bucket, region, queueId, tag } = query;
    // A page that is too large is asked for by halves.
    const isUsual = !answer.ok && answer.error.kind === "too-large" && query.size > 1;
    if (!answer.ok && !isUsual) await this.#note(answer.error, { queueId, tag, bucket, region });
    return answer;
  }

  /** All of them, some at once, as long as the run lasts; what is left out has failed as `stopped`. */
  async describeAll<Job extends JobToAsk>(jobs: readonly Job[]) {
    const told: { job: Job; answer: Result<Described, AskFailure> }[] = [];
    for (let at = 0; at < jobs.length; at += REQUESTS_AT_ONCE) {
      const wave = jobs.slice(at, at + REQUESTS_AT_ONCE);
      told.push(...(await Promise.all(wave.map(async (job) => ({ job, answer: await this.describe(job) })))));
    }
    return told;
  }

  /**
   * Takes answers in as CI's word, each as a delivery. Rejects where they are not certain to be stored. An answer may
   * only stand for its jobs where it says their states: a callback's reader would derive one from `Code`, which is
   * `Success` in an answer about a job that still runs. Gives what became of each; null where it may not stand.
   */
  async takeIn(answers: readonly Described[]): Promise<(Outcome | null)[]> {
    const readings = new Map(answers.map(({ body }) => [body, parseCallback(body)]));
    const isSound = ({ body }: Described) => {
      const reading = readings.get(body);
      return reading?.ok === true && reading.value.jobs.every(tellsState);
    };
    const sound = [...new Map(answers.filter(isSound).map((answer) => [answer.body, answer])).values()];
    for (const { requestId, job } of answers.filter((answer) => !isSound(answer)))
      this.means.log("warn", "ask failed", { jobId: job?.jobId, kind: "no-state", requestId });
    if (sound.length === 0) return answers.map(() => null);
    const receivedAt = this.means.now();
    const incoming = sound.map(({ body }) => ({
      bytes: new TextEncoder().encode(body),
      contentType: "application/xml",
      receivedAt,
      source: "reconcile" as const,
    }));
    const arrivals = await Promise.all(incoming.map(nameArrival));
    const parse: typeof parseCallback = (body) =>
      (typeof body === "string" ? readings.get(body) : undefined) ?? parseCallback(body);
    const outcomes = await intake(this.means.places, arrivals, { parse });
    this.events.push(...outcomes.flatMap(({ events }) => events));
    const byBody = new Map(sound.map(({ body }, at) => [body, outcomes[at] as Outcome]));
    return answers.map(({ body }) => byBody.get(body) ?? null);
  }

  /** The line of the log, and whether anything more is asked. */
  async #note(failure: CiFailure, asked: Record<string, unknown>): Promise<void> {
    const { beginning: _, ...told } = { beginning: null, ...failure };
    this.means.log("warn", "ask failed", { ...asked, ...told });
    if (this.#isStopped || !stopsAll(failure)) return;
    this.#isStopped = true;
    if (failure.kind === "slow-down") await this.#notePause(failure.retryAfterSeconds);
  }

  /**
   * Tells other runs as well. A longer pause that is there already stays. If two runs write at once, the later one tries
   * again; if that fails, each run learns of the limit by itself.
   */
  async #notePause(retryAfterSeconds: number | null): Promise<void> {
    const { sweeps } = this.means.places.store;
    if (sweeps === null) return;
    const pause: Pause = { until: pauseUntil(retryAfterSeconds, this.means.now()) };
    try {
      let isKept = false;
      for (let tries = 0; tries < PAUSE_TRIES && !isKept; tries += 1) {
        const kept = (await sweeps.read([PAUSE])).get(PAUSE);
        const isLonger = kept !== undefined && (kept.state as Pause).until >= pause.until;
        isKept = isLonger || (await sweeps.write(PAUSE, kept?.version ?? 0, pause));
      }
    } catch (error) {
      this.means.log("warn", "ask failed", { kind: "pause-not-kept", fault: String(error) });
    }
  }
}
