/** The queue of `INTAKE = "queue"`, with its dead letters: messages wait until the model gives them to the consumer. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { Queued } from "../../../src/queue.ts";
import type { Changes } from "../../worker/receiver.ts";
import type { Body } from "./bodies.ts";
import type { Attempt } from "./gate.ts";
import type { Arrival, Ledger } from "./ledger.ts";
import type { Act } from "./steps.ts";

interface Message {
  queued: Queued;
  attempts: number;
  body: Body;
  arrival: Arrival;
}

/** Times that a message is brought before it goes to the dead letters. */
const MAX_ATTEMPTS = 3;

export class HeldQueue {
  readonly #queue: Message[] = [];
  readonly #deadLetters: Message[] = [];
  /** Messages that were acknowledged, and may come again all the same. */
  readonly #delivered: Message[] = [];

  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  send(queued: Queued, body: Body, arrival: Arrival): void {
    this.#queue.push({ queued: structuredClone(queued), attempts: 1, body, arrival });
  }

  holds = (arrival: Arrival): boolean => this.#queue.some((message) => message.arrival === arrival);

  waiting = (isDeadLetters: boolean): number => (isDeadLetters ? this.#deadLetters : this.#queue).length;

  /** Gives one batch to the consumer. */
  async bring(
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
      messages.map(({ queued, attempts }, index) => ({
        id: `${index}`,
        timestamp: new Date(),
        attempts,
        body: queued,
      })),
    );
    const ctx = createExecutionContext();
    await worker.queue(batch, { ...env, ...changes } as unknown as Env, ctx);
    if (attempt.isDead) return;
    const { ackAll, retryMessages } = await getQueueResult(batch, ctx);
    const retried = new Set(ackAll ? [] : retryMessages.map(({ msgId }) => messages[Number(msgId)] as Message));
    for (const message of new Set(messages)) {
      if (retried.has(message)) this.#retry(message);
      else this.#settle(message, isDeadLetters, attempt);
    }
  }

  #settle(message: Message, isDeadLetters: boolean, { isInterrupted }: Attempt): void {
    for (const list of [this.#queue, this.#deadLetters, this.#delivered]) remove(list, message);
    this.#delivered.push(message);
    // The consumer of dead letters has the spill as well.
    if (message.arrival.via !== "queue") return;
    message.arrival.via = isDeadLetters ? "spill" : "store";
    // Retention in the middle may have come between the writes of the batch.
    if (!isDeadLetters && !isInterrupted) this.#ledger.hear(message.body);
    message.arrival.isCounted = !isDeadLetters;
  }

  #retry(message: Message): void {
    message.attempts += 1;
    if (message.attempts <= MAX_ATTEMPTS || !this.#queue.includes(message)) return;
    remove(this.#queue, message);
    this.#deadLetters.push(message);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
