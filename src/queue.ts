/**
 * Intake through Cloudflare Queues (`INTAKE = "queue"`): a callback is acknowledged when the queue has it, and many are
 * written in one batch, by the same intake. What a consumer cannot store the queue brings again, and in the end the
 * dead-letter queue does, whose consumer has the spill as well: nothing is lost when the store is away.
 */
import {
  type Incoming,
  intake,
  messageOf,
  nameArrival,
  type Outcome,
  outcomeOf,
  type Places,
  readArrival,
  readPending,
} from "./intake.ts";

/** Largest body that travels in a message, in bytes; a message holds 128,000 with all that is around it. */
const QUEUED_BODY_BYTES = 100_000;

/** How the dead-letter queue's name ends: its consumer is this Worker too. */
const DEAD_LETTERS = "-dead-letters";

/** First pause before a message is brought again, in seconds; doubled each time, up to the longest. */
const FIRST_DELAY_SECONDS = 2;
const LONGEST_DELAY_SECONDS = 600;

/** A callback on its way: the whole of it, or where the store has its bytes already, its id. */
export type Queued = Incoming | { delivery: string };

/** The part of a queue that is needed here; rejects where it is not certain that the queue has it. */
export interface SendQueue {
  send(queued: Queued): Promise<unknown>;
}

/**
 * Gives an arrival to the queue; a body too large for a message goes to the store first, unread. Where either fails,
 * it is taken in at once. Resolves only when the bytes are in one of these places.
 */
export async function enqueue(queue: SendQueue, places: Places, incoming: Incoming): Promise<Outcome> {
  const arrival = await nameArrival(incoming);
  const isReference = arrival.size > QUEUED_BODY_BYTES;
  try {
    if (isReference) await places.store.keep([arrival]);
    const nonce = arrival.nonce as string;
    await queue.send(isReference ? { delivery: arrival.id } : { ...incoming, nonce });
  } catch (error) {
    const [outcome] = (await intake(places, [arrival])) as [Outcome];
    return { ...outcome, fault: outcome.fault ?? `The queue did not take it: ${messageOf(error)}` };
  }
  const told = readArrival(arrival);
  return outcomeOf(told, told.reading.ok ? "queued" : "quarantined");
}

/** What became of one batch. */
export interface BatchReport {
  queue: string;
  messages: number;
  /** Messages that the queue brings again, or in the end gives to the dead-letter queue. */
  retried: number;
  /** Why they could not be stored: of the last one. */
  fault: string | null;
}

/** The report, with the events that were caused, whose first attempts are the caller's to make, and the jobs that are told of. */
export interface Consumed {
  report: BatchReport;
  events: Outcome["events"];
  jobs: string[];
}

/** Stores the messages of one batch: together, or where that fails, one by one, so that none holds the others up. */
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
  // One that is not pending was read meanwhile. One that is not there yet, in a store that is late, the cron reads.
  for (const { body } of messages) {
    if ("delivery" in body) stored.events.push(...(await readPending(places.store, body.delivery)).events);
  }
}

/** Messages that an older version has sent call the nonce a receipt. */
const withNonce = (incoming: Incoming & { receipt?: string }): Incoming =>
  incoming.receipt === undefined ? incoming : { ...incoming, nonce: incoming.receipt };

const delayOf = (attempts: number): number =>
  Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS);
