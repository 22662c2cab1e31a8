/**
 * The receiver as the model test has it: the real Worker on real bindings, a clock that can be moved, a queue whose
 * messages wait until they are given to the consumer, and the ledger of what was acknowledged.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { Queued } from "../../../src/queue.ts";
import { gatedD1, gatedKv } from "../../worker/faults.ts";
import { type Changes, get, KEY } from "../../worker/receiver.ts";
import { type Body, bodyOf } from "./bodies.ts";
import { checkAnswer, checkLookUps } from "./check.ts";
import { Attempt, type Late } from "./gate.ts";
import { type Arrival, type Cutoffs, Ledger, NOTHING_SEEN, type Seen } from "./ledger.ts";
import { exportAll, importAll, reparse, reparseAll } from "./operator.ts";
import { HeldQueue } from "./queue.ts";
import { rewriteAsReadBy } from "./readers.ts";
import { lookAround } from "./seen.ts";
import type { Act, Retention, Step } from "./steps.ts";

const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
const NONE: Retention = { jobs: 0, bytes: 0, quarantined: 0 };
const PLAIN = { faults: [], down: "none", within: null } as const satisfies Omit<Step, "act">;

/** Where nothing stalls, calls have time enough: only a stalled one is waited for. */
const PATIENT_MILLISECONDS = "3000";
const IMPATIENT_MILLISECONDS = "100";
const STALLS = new Set<string>(["stalled", "stalled after", "late"]);

export type StoreName = "d1" | "kv";

/** An act under way: the bindings that it has, and what look-ups could see when it began. */
export interface Doing {
  attempt: Attempt;
  changes: Changes;
  before: Seen;
}

const realNow = Date.now;

export class World {
  readonly store: StoreName;
  readonly ledger = new Ledger();
  readonly late: Late[] = [];
  readonly #queue = new HeldQueue(this.ledger);
  /** Lines of the last export that came to its end. */
  #exported: string[] = [];
  #settings: Record<string, string> = {};
  /** Of retention of which an effect may still come. */
  #openCutoffs: Cutoffs[] = [];
  /** What failed of an act in the middle of another: the Worker takes it for a fault of a binding. */
  #failure: Error | null = null;
  #now = 0;
  /** Faults met by whatever reads bodies that were kept unread. */
  readingFaults = 0;
  /** Deliveries that an older reader could not read, as their rows were made to say. */
  readonly blinded = new Set<string>();
  /** Whether rows were rewritten as another reader would have left them. */
  isRewritten = false;
  /** Jobs, and the deliveries behind their records, that a newer reader has read. */
  readByNewer = new Map<string, string>();
  seen: Seen = NOTHING_SEEN;
  /** Deliveries that came into the spill, and whose pointers nothing has disturbed since. */
  pointed = new Set<string>();

  constructor(store: StoreName) {
    this.store = store;
    Date.now = () => realNow() + this.#now;
  }

  /** Gives the clock back. */
  close(): void {
    Date.now = realNow;
  }

  async step({ act, ...around }: Step): Promise<void> {
    try {
      await this.#perform(act, around);
    } catch (error) {
      throw this.#failure ?? error;
    }
    if (this.#failure !== null) throw this.#failure;
    await checkLookUps(this, this.get);
  }

  async #perform(given: Act, around: Omit<Step, "act">): Promise<void> {
    // Entries of KV expire by a clock that no test moves.
    const act = given.do === "cron" && this.store === "kv" ? { ...given, retention: NONE } : given;
    const before = this.seen;
    const attempt = new Attempt({ late: this.late, interrupt: (inner) => this.#interrupt(inner) }, around);
    const changes = this.#changes(attempt, around);
    // Settings and the clock may change in the middle: a cron has those of its beginning.
    const cutoffs = act.do === "cron" ? this.#cutoffsOf(act) : null;
    // What is old when a cron begins may go before whatever happens in its middle.
    if (cutoffs !== null) this.ledger.passRetention(cutoffs, before, before);
    const working = this.#do(act, { attempt, changes, before });
    working.catch(() => {}); // Of one that is killed nobody waits for the end.
    await Promise.race([working, attempt.killed.promise]);
    await attempt.end();
    await this.observe();
    this.#checkWritten(attempt);
    if (act.do === "cron" || act.do === "consume") this.readingFaults += attempt.met;
    if (cutoffs !== null) this.#openCutoffs.push(cutoffs);
    this.#passAgain(before);
    const isDisturbed = attempt.met > 0 || around.within !== null || around.down !== "none";
    // Pointers are best effort: those made under faults need not be there.
    if (isDisturbed && !(around.down === "d1" && attempt.met === 0 && around.within === null)) this.pointed.clear();
    for (const id of this.pointed) if (!this.seen.spilled.has(id)) this.pointed.clear();
  }

  /** What a step has acknowledged, and written last of all that it did, is there, whatever came in its middle. */
  #checkWritten({ writtenLast }: Attempt): void {
    if (writtenLast === null || this.seen.stored.has(writtenLast) || this.seen.spilled.has(writtenLast)) return;
    throw new Error(`delivery ${writtenLast} was acknowledged, and is not there`);
  }

  async #interrupt(act: Act): Promise<void> {
    try {
      await this.observe();
      await this.#perform(act, PLAIN);
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
    this.pointed.clear();
  }

  async #do(act: Act, doing: Doing): Promise<void> {
    switch (act.do) {
      case "post":
        return this.#post(await bodyOf(act.body), act.intake, doing);
      case "repeat": {
        const bodies = this.ledger.bodies(() => true);
        const body = bodies[act.which % bodies.length];
        return body === undefined ? undefined : this.#post(body, act.intake, doing);
      }
      case "cron":
        return this.#cron(act, doing.changes);
      case "consume":
        return this.#queue.bring(act, { ...doing.changes, ...this.#settings }, doing.attempt);
      case "reparse":
        return reparse(this, act.which, doing);
      case "look":
        return checkLookUps(this, (path) => get(path, {}, doing.changes), {
          isFaulty: doing.attempt.isFaulty,
          before: doing.before,
          pointed: new Set(this.pointed),
        });
      case "export":
        this.#exported = (await exportAll(this, doing)) ?? this.#exported;
        return;
      case "import":
        return importAll(this, this.#exported, doing);
      case "clock":
        // An entry of KV that expires before the platform's own now is refused.
        if (this.store === "d1") this.#now += act.hours * HOUR_MILLISECONDS;
        return;
      case "reader":
        return this.store === "d1" ? rewriteAsReadBy(this, act) : undefined;
      case "setting":
        if (!(act.name === "STORE" && this.store === "kv")) this.#settings[act.name] = act.value;
    }
  }

  #plainChanges = (): Changes => ({ STORE: this.store, LOG_LEVEL: "error" });

  #changes(attempt: Attempt, { faults }: Omit<Step, "act">): Changes {
    const isStalling = faults.some(({ how }) => STALLS.has(how));
    return {
      ...this.#plainChanges(),
      DB: gatedD1(env.DB, attempt.gate),
      KV: gatedKv(env.KV, attempt.gate),
      STORE_DEADLINE_MILLISECONDS: isStalling ? IMPATIENT_MILLISECONDS : PATIENT_MILLISECONDS,
    };
  }

  async #post(body: Body, intake: "direct" | "queue", { attempt, changes }: Doing): Promise<void> {
    const arrival = this.ledger.arrive(body, Date.now());
    const INTAKE_QUEUE = {
      send: (queued: Queued) => attempt.gate("queue send", async () => this.#queue.send(queued, body, arrival)),
    };
    const ctx = createExecutionContext();
    const request = new Request(`https://receiver.example/callbacks/${KEY}`, { method: "POST", body: body.bytes });
    const bindings = { ...env, ...changes, INTAKE: intake, INTAKE_QUEUE, ...this.#settings };
    const response = await worker.fetch(request, bindings as typeof env, ctx);
    if (attempt.isDead) return;
    const status = await checkAnswer(response, body, { isFaulty: attempt.isFaulty, settings: this.#settings });
    if (status !== null) {
      arrival.isAcknowledged = true;
      // One that cannot be read is not said to be in the spill; that is seen when it is read.
      arrival.via = status === "quarantined" ? (this.#queue.holds(arrival) ? "queue" : "spill") : viaOf(status);
      arrival.isCounted = status === "stored" || status === "duplicate" || status === "no-job";
      if (arrival.isCounted) {
        // Retention that came in the middle came before the last write, which brings the bytes again.
        arrival.mayBeGone = false;
        this.ledger.hear(body);
        attempt.writtenLast = body.id;
      }
      if (status === "spilled") this.pointed.add(body.id);
    }
    await waitOnExecutionContext(ctx);
  }

  async #cron({ retention, aheadHours, operations }: Act & { do: "cron" }, changes: Changes): Promise<void> {
    const vars = {
      RETENTION_DAYS_JOBS: String(retention.jobs),
      RETENTION_DAYS_BYTES: String(retention.bytes),
      RETENTION_DAYS_QUARANTINED: String(retention.quarantined),
      UPKEEP_OPERATIONS: operations === "least" ? "45" : "1000",
    };
    const scheduledTime = Date.now() + aheadHours * HOUR_MILLISECONDS;
    const bindings = { ...env, ...changes, ...vars, ...this.#settings } as unknown as Env;
    await worker.scheduled({ scheduledTime, cron: "* * * * *", noRetry() {} }, bindings);
  }

  #cutoffsOf({ retention, aheadHours }: Act & { do: "cron" }): Cutoffs {
    // The cron may begin a moment after its cutoffs are taken here.
    const now = Date.now() + aheadHours * HOUR_MILLISECONDS + 100;
    const cutoff = (name: string, days: number) =>
      days === 0 || this.#settings[name] !== undefined ? null : now - days * DAY_MILLISECONDS;
    return {
      jobs: cutoff("RETENTION_DAYS_JOBS", retention.jobs),
      bytes: cutoff("RETENTION_DAYS_BYTES", retention.bytes),
      quarantined: cutoff("RETENTION_DAYS_QUARANTINED", retention.quarantined),
    };
  }

  /** What retention may have taken, now and by effects that come late. */
  #passAgain(before: Seen): void {
    for (const cutoffs of this.#openCutoffs) this.ledger.passRetention(cutoffs, before, this.seen);
    if (this.late.length === 0) this.#openCutoffs = [];
  }

  async observe(): Promise<void> {
    const look = await lookAround(this.get);
    this.ledger.settle(look);
    this.seen = { ...look, lastWords: this.ledger.lastWords() };
  }

  /** All faults are over: late effects come, messages are brought, and the cron runs until nothing waits. */
  async settle(): Promise<void> {
    this.#settings = {};
    const before = this.seen;
    for (const { effect } of this.late.splice(0)) await effect();
    await this.observe();
    this.#passAgain(before);
    const consume = { do: "consume", take: 10, isReversed: false, isTwice: false } as const;
    for (const isDeadLetters of [false, true]) {
      for (let turns = 0; turns < 10 && this.#queue.waiting(isDeadLetters) > 0; turns += 1)
        await this.#perform({ ...consume, isDeadLetters }, PLAIN);
      const left = this.#queue.waiting(isDeadLetters);
      if (left > 0) throw new Error(`${left} messages stay in the queue`);
    }
    for (let runs = 0; runs < 4 && (runs === 0 || this.#isWaiting()); runs += 1) await this.run(NONE);
    if (this.#isWaiting()) {
      const pending = [...this.seen.stored.values()].filter(({ status }) => status === "pending").length;
      throw new Error(
        `after 4 runs of the cron ${pending} deliveries are pending and ${this.seen.spilled.size} spilled`,
      );
    }
  }

  /** One run of the cron without faults. */
  async run(retention: Retention, aheadHours = 0): Promise<void> {
    await this.#perform({ do: "cron", retention, aheadHours, operations: "many" }, PLAIN);
  }

  /** Hours from now until all that ever came is older than a day. */
  hoursUntilAllIsOld(): number {
    const times = [...this.ledger.sent.values()].flatMap(({ arrivals }) => arrivals.map(({ at }) => at));
    return (Math.max(Date.now(), ...times) - Date.now()) / HOUR_MILLISECONDS + 3 * 24;
  }

  get = (path: string): Promise<Response> => get(path, {}, this.#plainChanges());

  reparseAll = (): Promise<void> => reparseAll(this, this.#plainChanges());

  #isWaiting(): boolean {
    return this.seen.spilled.size > 0 || [...this.seen.stored.values()].some(({ status }) => status === "pending");
  }
}

const viaOf = (status: string): Arrival["via"] =>
  status === "spilled" ? "spill" : status === "queued" ? "queue" : "store";
