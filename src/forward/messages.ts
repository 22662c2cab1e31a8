/** The optional queue of due events: many at once, without waiting for the cron. The outbox stays the truth. */
import type { Forwarder } from "./forward.ts";

/**
 * The name of this queue ends so, which tells its messages from callbacks. If it has another name, the messages
 * themselves tell.
 */
const FORWARD = "-forward";

/** A message: the id of an event that is due, or will be when the message arrives. */
export interface DueEvent {
  event: string;
}

/** How many messages one call gives to the queue. */
export const MESSAGES_AT_ONCE = 100;

/** Longest delay of a message, in seconds. What is due later, the cron finds. */
const DELAY_LONGEST_SECONDS = 600;

/** Queues events that are due. Rejects if the queue did not take them; then the cron finds them. */
export async function enqueueDue(queue: Queue<DueEvent>, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += MESSAGES_AT_ONCE)
    await queue.sendBatch(ids.slice(at, at + MESSAGES_AT_ONCE).map((event) => ({ body: { event } })));
}

/** Queues messages for next attempts that are due soon. Never rejects. */
export async function enqueueLater(
  queue: Queue<DueEvent>,
  due: readonly { id: string; dueAt: number }[],
  now: number,
): Promise<void> {
  const messages = due
    .map(({ id, dueAt }) => ({ body: { event: id }, delaySeconds: Math.max(0, Math.ceil((dueAt - now) / 1000)) }))
    .filter(({ delaySeconds }) => delaySeconds <= DELAY_LONGEST_SECONDS);
  if (messages.length > 0) await queue.sendBatch(messages).catch(() => {});
}

export const isForwardBatch = (batch: MessageBatch): batch is MessageBatch<DueEvent> =>
  batch.queue.endsWith(FORWARD) || batch.messages.every(({ body }) => isDueEvent(body));

const isDueEvent = (body: unknown): boolean => typeof body === "object" && body !== null && "event" in body;

/**
 * Attempts the events of a batch. If one is still due afterwards, the cron sends it. If the store fails, the queue
 * delivers the batch again.
 */
export async function consumeEvents({ queue, messages }: MessageBatch<DueEvent>, forwarder: Forwarder) {
  const ids = messages.map(({ body }) => body.event);
  const report = await forwarder.consume(ids);
  return { queue, messages: messages.length, ...report };
}
