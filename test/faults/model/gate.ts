/**
 * What stands between one step and the bindings: calls are numbered, and each fault is met at the call that it names.
 * Once a step is killed, nothing of it takes effect any more, and nothing answers.
 */
import { type Gate, KV_LOST, LOST } from "../../worker/faults.ts";
import { type Act, type Call, CALLS, type Fault, type Step } from "./steps.ts";

/** An effect whose call was given up, and that takes effect later. */
export interface Late {
  calls: number;
  effect: () => Promise<unknown>;
}

/** What a gate needs of the world around it. */
export interface Around {
  late: Late[];
  /** Performs another act right here. */
  interrupt(act: Act): Promise<void>;
}

export class Attempt {
  /** Calls so far, by the beginnings of their names. */
  readonly #calls = new Map<string, number>();
  /** Faults that were met. */
  met = 0;
  isDead = false;
  /** Whether another act took place in the middle. */
  isInterrupted = false;
  /** The delivery that the act has acknowledged, where the store has it by the last write of the act. */
  writtenLast: string | null = null;
  readonly killed = Promise.withResolvers<void>();
  /** Effects that are under way. */
  readonly #effects = new Set<Promise<unknown>>();
  readonly #around: Around;
  readonly #step: Omit<Step, "act">;

  constructor(around: Around, step: Omit<Step, "act">) {
    this.#around = around;
    this.#step = step;
  }

  /** Whether anything may be refused. */
  get isFaulty(): boolean {
    return this.#step.faults.length > 0 || this.#step.down !== "none";
  }

  gate: Gate = async (call, effect) => {
    if (this.isDead) return never();
    const { within, down, faults } = this.#step;
    const isCall = this.#count(call);
    await this.#bringLate();
    if (within !== null && isCall(within.call)) {
      this.isInterrupted = true;
      // A call at the same time may end the step: what is in its middle goes on to its end all the same.
      await this.#take(() => this.#around.interrupt(within.act));
    }
    if (this.isDead) return never();
    if (down === "both" || (down !== "none" && call.toLowerCase().startsWith(down))) throw new Error(`${call}: down`);
    const fault = faults.find((one) => isCall(one.call));
    if (fault === undefined) return this.#take(effect);
    this.met += 1;
    return this.#meet(fault, call, effect);
  };

  /** Counts a call; says whether it is the one that is named. */
  #count(name: string): (call: Call) => boolean {
    const beginnings = CALLS.filter((to) => name.startsWith(to));
    const numbers = new Map(beginnings.map((to) => [to, this.#calls.get(to) ?? 0]));
    for (const [to, number] of numbers) this.#calls.set(to, number + 1);
    return ({ to, number }) => numbers.get(to) === number;
  }

  async #meet<T>({ how, later }: Fault, call: string, effect: () => Promise<T>): Promise<T> {
    const lost = call.startsWith("D1") ? LOST : KV_LOST;
    switch (how) {
      case "refused":
        throw new Error(`${call}: refused`);
      case "lost before":
        throw new Error(lost);
      case "lost after":
        await this.#take(effect);
        throw new Error(lost);
      case "refused after":
        await this.#take(effect);
        throw new Error(`${call}: refused after it took effect`);
      case "stalled":
        return never();
      case "stalled after":
        await this.#take(effect);
        return never();
      case "late":
        this.#around.late.push({ calls: later, effect });
        return never();
      case "killed before":
        this.#kill();
        return never();
      case "killed after":
        await this.#take(effect);
        this.#kill();
        return never();
    }
  }

  /** Waits for what is under way: a step is over when all it began has taken effect. */
  async end(): Promise<void> {
    while (this.#effects.size > 0) await Promise.allSettled(this.#effects);
  }

  #kill(): void {
    this.isDead = true;
    this.killed.resolve();
  }

  async #take<T>(effect: () => Promise<T>): Promise<T> {
    const taking = effect();
    this.#effects.add(taking);
    try {
      return await taking;
    } finally {
      this.#effects.delete(taking);
    }
  }

  async #bringLate(): Promise<void> {
    const { late } = this.#around;
    for (const one of late) one.calls -= 1;
    const due = late.filter(({ calls }) => calls < 0);
    for (const one of due) late.splice(late.indexOf(one), 1);
    for (const { effect } of due) await this.#take(effect);
  }
}

const never = (): Promise<never> => new Promise<never>(() => {});
