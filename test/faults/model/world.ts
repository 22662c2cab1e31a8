/**
 * The receiver as the model test has it: the real Worker on real bindings, a clock that can be moved, a queue whose
 * messages wait until they are given to the consumer, and the ledger of what was acknowledged.
 */
import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { Queued } from "../../../src/queue.ts";
import type { DeliveryRecord } from "../../../src/wire.ts";
import { gatedD1, gatedKv } from "../../worker/faults.ts";
import { type Changes, get, KEY, send, TOKEN } from "../../worker/receiver.ts";
import { type Body, bodyOf } from "./bodies.ts";
import { checkAnswer, checkLookUps } from "./check.ts";
import { Attempt, type Late } from "./gate.ts";
import { type Arrival, type Cutoffs, Ledger, NOTHING_SEEN, type Seen } from "./ledger.ts";
import { rewriteAsReadBy } from "./readers.ts";
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

interface Message {
  body: Queued;
  attempts: number;
  arrival: Arrival;
}

/** Times that a message is brought before it goes to the dead letters. */
const MAX_ATTEMPTS = 3;

const realNow = Date.now;

export class World {
  readonly store: StoreName;
  readonly ledger = new Ledger();
  readonly late: Late[] = [];
  readonly #queue: Message[] = [];
  readonly #deadLetters: Message[] = [];
  /** Messages that were acknowledged, and may come again all the same. */
  readonly #delivered: Message[] = [];
  /** Lines of the last export that came to its end. */
  #exported: string[] = [];
  #settings: Record<string, string> = {};
  /** Of retention of which an effect may still come. */
  #openCutoffs: Cutoffs[] = [];
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

  /** Everything that was kept is gone: storage is isolated by file, and not by run. */
  static async empty(): Promise<void> {
    const tables = ["deliveries", "delivery_parts", "jobs", "job_deliveries", "runs", "marks", "events"];
    await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
    for (let isDone = false; !isDone;) {
      const page = await env.KV.list();
      await Promise.all(page.keys.map(({ name }) => env.KV.delete(name)));
      isDone = page.list_complete;
    }
  }

  async step({ act, ...around }: Step): Promise<void> {
    await this.#perform(act, around);
    await checkLookUps(this, (path) => get(path, {}, this.#plainChanges()));
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
    const working = this.#do(act, changes, attempt, around, before);
    working.catch(() => {}); // Of one that is killed nobody waits for the end.
    await Promise.race([working, attempt.killed.promise]);
    await attempt.end();
    await this.observe();
    if (act.do === "cron" || act.do === "consume") this.readingFaults += attempt.met;
    if (cutoffs !== null) this.#openCutoffs.push(cutoffs);
    this.#passAgain(before);
    const isDisturbed = attempt.met > 0 || around.within !== null || around.down !== "none";
    // Pointers are best effort: those made under faults need not be there.
    if (isDisturbed && !(around.down === "d1" && attempt.met === 0 && around.within === null)) this.pointed.clear();
    for (const id of this.pointed) if (!this.seen.spilled.has(id)) this.pointed.clear();
  }

  async #interrupt(act: Act): Promise<void> {
    await this.observe();
    await this.#perform(act, PLAIN);
    this.pointed.clear();
  }

  #do(act: Act, changes: Changes, attempt: Attempt, around: Omit<Step, "act">, before: Seen): Promise<void> {
    switch (act.do) {
      case "post":
        return bodyOf(act.body).then((body) => this.#post(body, act.intake, changes, attempt, around));
      case "repeat": {
        const bodies = this.ledger.bodies(() => true);
        const body = bodies[act.which % bodies.length];
        return body === undefined ? Promise.resolve() : this.#post(body, act.intake, changes, attempt, around);
      }
      case "cron":
        return this.#cron(act, changes);
      case "consume":
        return this.#consume(act, changes, attempt);
      case "reparse":
        return this.#reparse(act.which, changes, around);
      case "look":
        return checkLookUps(this, (path) => get(path, {}, changes), {
          isFaulty: isFaulty(around),
          before,
          pointed: new Set(this.pointed),
        });
      case "export":
        return this.#export(changes, around);
      case "import":
        return this.#import(changes, around);
      case "clock":
        // An entry of KV that expires before the platform's own now is refused.
        if (this.store === "d1") this.#now += act.hours * HOUR_MILLISECONDS;
        return Promise.resolve();
      case "reader":
        return this.store === "d1" ? rewriteAsReadBy(this, act) : Promise.resolve();
      case "setting":
        if (!(act.name === "STORE" && this.store === "kv")) this.#settings[act.name] = act.value;
        return Promise.resolve();
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

  async #post(body: Body, intake: "direct" | "queue", changes: Changes, attempt: Attempt, around: Omit<Step, "act">) {
    const arrival = this.ledger.arrive(body, Date.now());
    const INTAKE_QUEUE = {
      send: (queued: Queued) =>
        attempt.gate("queue send", async () => {
          this.#queue.push({ body: structuredClone(queued), attempts: 1, arrival });
        }),
    };
    const ctx = createExecutionContext();
    const request = new Request(`https://receiver.example/callbacks/${KEY}`, { method: "POST", body: body.bytes });
    const bindings = { ...env, ...changes, INTAKE: intake, INTAKE_QUEUE, ...this.#settings };
    const response = await worker.fetch(request, bindings as typeof env, ctx);
    if (attempt.isDead) return;
    const status = await checkAnswer(response, body, { isFaulty: isFaulty(around), settings: this.#settings });
    if (status !== null) {
      arrival.isAcknowledged = true;
      const isQueued = this.#queue.some((message) => message.arrival === arrival);
      // One that cannot be read is not said to be in the spill; that is seen when it is read.
      arrival.via = status === "quarantined" ? (isQueued ? "queue" : "spill") : viaOf(status);
      arrival.isCounted = status === "stored" || status === "duplicate" || status === "no-job";
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

  async #consume(
    { take, isReversed, isTwice, isDeadLetters }: Act & { do: "consume" },
    changes: Changes,
    attempt: Attempt,
  ) {
    const source = isDeadLetters ? this.#deadLetters : this.#queue;
    const messages = source.slice(0, take);
    if (isReversed) messages.reverse();
    if (isTwice) messages.push(...messages.slice(0, 1), ...this.#delivered.slice(-1));
    if (messages.length === 0) return;
    const batch = createMessageBatch<Queued>(
      isDeadLetters ? "ci-callbacks-dead-letters" : "ci-callbacks",
      messages.map(({ body, attempts }, index) => ({ id: `${index}`, timestamp: new Date(), attempts, body })),
    );
    const ctx = createExecutionContext();
    await worker.queue(batch, { ...env, ...changes, ...this.#settings } as unknown as Env, ctx);
    if (attempt.isDead) return;
    const { ackAll, retryMessages } = await getQueueResult(batch, ctx);
    const retried = new Set(ackAll ? [] : retryMessages.map(({ msgId }) => messages[Number(msgId)] as Message));
    for (const message of new Set(messages)) {
      if (retried.has(message)) this.#retry(message);
      else this.#settle(message, isDeadLetters);
    }
  }

  #settle(message: Message, isDeadLetters: boolean): void {
    for (const list of [this.#queue, this.#deadLetters, this.#delivered]) remove(list, message);
    this.#delivered.push(message);
    // The consumer of dead letters has the spill as well.
    if (message.arrival.via !== "queue") return;
    message.arrival.via = isDeadLetters ? "spill" : "store";
    message.arrival.isCounted = !isDeadLetters;
  }

  #retry(message: Message): void {
    message.attempts += 1;
    if (message.attempts <= MAX_ATTEMPTS || !this.#queue.includes(message)) return;
    remove(this.#queue, message);
    this.#deadLetters.push(message);
  }

  async #reparse(which: number | string, changes: Changes, around: Omit<Step, "act">): Promise<void> {
    const ids = [...this.ledger.sent.keys()];
    const id = typeof which === "number" ? ids[which % Math.max(1, ids.length)] : undefined;
    if (typeof which === "number" && id === undefined) return;
    const path = id === undefined ? `/deliveries/reparse?status=${which}&limit=5` : `/deliveries/${id}/reparse`;
    const response = await send(path, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } }, changes);
    const allowed = [200, 404, 410, ...(isFaulty(around) ? [503] : [])];
    if (!allowed.includes(response.status))
      throw new Error(`reparse was answered ${response.status}: ${await response.text()}`);
  }

  async #export(changes: Changes, around: Omit<Step, "act">): Promise<void> {
    const before = this.seen;
    const lines: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const path: string = `/deliveries/export?limit=4${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const response = await get(path, {}, changes);
      const text = await response.text();
      if (response.status === 503 && isFaulty(around)) return;
      if (response.status !== 200) throw new Error(`export was answered ${response.status}: ${text.slice(0, 500)}`);
      const page = text.trimEnd().split("\n");
      cursor = (JSON.parse(page.pop() as string) as { next: string | null }).next;
      lines.push(...page);
    }
    await this.observe();
    const exported = new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id));
    for (const seen of [before.stored, before.spilled])
      for (const id of seen.keys())
        if (this.seen.stored.has(id) && !exported.has(id)) throw new Error(`delivery ${id} is not in the export`);
    this.#exported = lines;
  }

  async #import(changes: Changes, around: Omit<Step, "act">): Promise<void> {
    for (let at = 0; at < this.#exported.length; at += 4) {
      const lines = this.#exported.slice(at, at + 4);
      const init = { method: "POST", headers: { authorization: `Bearer ${TOKEN}` }, body: lines.join("\n") };
      const response = await send("/deliveries/import", init, changes);
      const text = await response.text();
      if (response.status === 503 && isFaulty(around)) return;
      if (response.status !== 200) throw new Error(`import was answered ${response.status}: ${text.slice(0, 500)}`);
    }
  }

  async observe(): Promise<void> {
    const stored = new Map<string, DeliveryRecord>();
    let cursor: string | null = "";
    while (cursor !== null) {
      const path: string = `/deliveries?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const response = await get(path, {}, this.#plainChanges());
      if (response.status !== 200) throw new Error(`deliveries were not listed: ${await response.text()}`);
      const page = await response.json<{ deliveries: DeliveryRecord[]; next: string | null }>();
      for (const delivery of page.deliveries) {
        if (stored.has(delivery.id)) throw new Error(`delivery ${delivery.id} is listed twice`);
        stored.set(delivery.id, delivery);
      }
      cursor = page.next;
    }
    const { keys } = await env.KV.list({ prefix: "spill:" });
    const spilled = new Set(keys.map(({ name }) => name.slice("spill:".length)));
    this.ledger.settle({ stored, spilled });
    this.seen = { stored, spilled, lastWords: this.ledger.lastWords() };
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
      const source = isDeadLetters ? this.#deadLetters : this.#queue;
      for (let turns = 0; turns < 10 && source.length > 0; turns += 1)
        await this.#perform({ ...consume, isDeadLetters }, PLAIN);
      if (source.length > 0) throw new Error(`${source.length} messages stay in the queue`);
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

  reparseAll = async (): Promise<void> => {
    for (const status of ["stored", "no-job", "quarantined"]) {
      let cursor: string | null = "";
      while (cursor !== null) {
        const at: string = cursor === "" ? "" : `&cursor=${cursor}`;
        const init = { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } };
        const response = await send(`/deliveries/reparse?status=${status}&limit=100${at}`, init, this.#plainChanges());
        if (response.status !== 200)
          throw new Error(`reparse was answered ${response.status}: ${await response.text()}`);
        cursor = (await response.json<{ next: string | null }>()).next;
      }
    }
    await this.observe();
  };

  #isWaiting(): boolean {
    return this.seen.spilled.size > 0 || [...this.seen.stored.values()].some(({ status }) => status === "pending");
  }
}

const isFaulty = ({ faults, down }: Omit<Step, "act">): boolean => faults.length > 0 || down !== "none";

const viaOf = (status: string): Arrival["via"] =>
  status === "spilled" ? "spill" : status === "queued" ? "queue" : "store";

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
