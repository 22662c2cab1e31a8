/**
 * Intake through Cloudflare Queues (`INTAKE = "queue"`). A callback is acknowledged when the queue has it, and the
 * consumer writes many in one batch, by the same intake. If the consumer cannot store a message, the queue delivers it
 * again, and in the end the dead-letter queue does. Its consumer may use the spill as well, so nothing is lost while
 * the store is down.
 */
import {
  type Incoming,
  intake,
  intakeOne,
  messageOf,
  nameArrival,
  type Outcome,
  outcomeOf,
  type Places,
  readArrival,
  readPending,
} from "./intake.ts";

/** Largest body that is sent in a message, in bytes. A message may have 128,000 with its envelope. */
const QUEUED_BODY_BYTES = 100_000;

/** The name of the dead-letter queue ends so. This Worker consumes it, too. */
const DEAD_LETTERS = "-dead-letters";

/** Pause before a message is delivered again, in seconds: doubled each time, up to the longest. */
const FIRST_DELAY_SECONDS = 2;
const LONGEST_DELAY_SECONDS = 600;

/** A callback in the queue: all of it, or its id if its bytes are already in the store. */
export type Queued = Incoming | { delivery: string };

/** The part of a queue that is needed here. Rejects if it is not certain that the queue has the message. */
export interface SendQueue {
  send(queued: Queued): Promise<unknown>;
}

/**
 * Gives an arrival to the queue. A body that is too large for a message goes to the store first, unread. If either
 * fails, the arrival is taken in directly. Resolves only when the bytes are in one of these places.
 */
export async function enqueue(queue: SendQueue, places: Places, incoming: Incoming): Promise<Outcome> {
  const arrival = await nameArrival(incoming);
  const isReference = arrival.size > QUEUED_BODY_BYTES;
  try {
    if (isReference) await places.store.keep([arrival]);
    const nonce = arrival.nonce as string;
    await queue.send(isReference ? { delivery: arrival.id } : { ...incoming, nonce });
  } catch (error) {
    const outcome = await intakeOne(places, arrival);
    return { ...outcome, fault: outcome.fault ?? `The queue did not take it: ${messageOf(error)}` };
  }
  const told = readArrival(arrival);
  return outcomeOf(told, told.reading.ok ? "queued" : "quarantined");
}

/** What became of one batch. */
export interface BatchReport {
  queue: string;
  messages: number;
  /** Messages that the queue will deliver again, or in the end give to the dead-letter queue. */
  retried: number;
  /** Why the last of them could not be stored; null if all were. */
  fault: string | null;
}

/**
 * The report, the events that were caused (the caller makes their first attempts), and the jobs that new deliveries
 * named.
 */
export interface Consumed {
  report: BatchReport;
  events: Outcome["events"];
  jobs: string[];
}

/** Stores the messages of one batch together. If that fails, stores them one by one, so that none blocks the others. */
export async function consume(batch: MessageBatch<Queued>, places: Places): Promise<Consumed> {
  const report: BatchReport = { queue: batch.queue, messages: batch.messages.length, retried: 0, fault: null };
  const stored: Stored = { events: [], jobs: [] };
  const isLastResort = batch.queue.endsWith(DEAD_LETTERS);
  const reachable = isLastResort ? places : { ...places, spill: null };
  try {
    await takeIn(batch.messages, reachable, stored);
    batch.ackAll();
  } catch {
    const alone = batch.messages.map((message) =>
      takeIn([message], reachable, stored).then(
        () => message.ack(),
        (error: unknown) => {
          message.retry({ delaySeconds: delayOf(message.attempts) });
          report.retried += 1;
          report.fault = messageOf(error);
        },
      ),
    );
    await Promise.all(alone);
  }
  return { report, ...stored };
}

type Stored = Pick<Consumed, "events" | "jobs">;

async function takeIn(messages: readonly Message<Queued>[], places: Places, stored: Stored): Promise<void> {
  const incoming = messages.flatMap(({ body }) => ("bytes" in body ? [withNonce(body)] : []));
  const outcomes = incoming.length === 0 ? [] : await intake(places, await Promise.all(incoming.map(nameArrival)));
  stored.events.push(...outcomes.flatMap(({ events }) => events));
  stored.jobs.push(...outcomes.flatMap(({ status, jobs }) => (status === "stored" ? jobs : [])));
  // A delivery that is not pending was read in the meantime. If the store does not show it yet, the cron will read it.
  for (const { body } of messages) {
    if ("delivery" in body) stored.events.push(...(await readPending(places.store, body.delivery)).events);
  }
}

/** In messages of an older version the nonce is called `receipt`. */
const withNonce = (incoming: Incoming & { receipt?: string }): Incoming =>
  incoming.receipt === undefined ? incoming : { ...incoming, nonce: incoming.receipt };

const delayOf = (attempts: number): number =>
  Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS);
