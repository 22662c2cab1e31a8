/** The optional queue of what is due now: many events at once, without waiting for the cron. The outbox stays the truth. */
import type { Forwarder } from "./forward.ts";

/** How the queue's name ends, by which its messages are told from callbacks; by what they are where it has another name. */
const FORWARD = "-forward";

/** A message: the id of an event that is due, or will be when the message comes. */
export interface DueEvent {
  event: string;
}

/** Messages that one call gives to a queue. */
export const MESSAGES_AT_ONCE = 100;

/** Longest delay that a message is given, in seconds; what is due later the cron finds. */
const DELAY_LONGEST_SECONDS = 600;

/** Rejects where the queue did not take them: the cron finds them. */
export async function enqueueDue(queue: Queue<DueEvent>, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += MESSAGES_AT_ONCE)
    await queue.sendBatch(ids.slice(at, at + MESSAGES_AT_ONCE).map((event) => ({ body: { event } })));
}

/** Messages that come when the next attempts are due, where that is soon. Never rejects. */
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

/** Attempts the events of a batch. What is still due then the cron sends again; where the store cannot be asked, the queue does. */
export async function consumeEvents({ queue, messages }: MessageBatch<DueEvent>, forwarder: Forwarder) {
  const ids = messages.map(({ body }) => body.event);
  const report = await forwarder.consume(ids);
  return { queue, messages: messages.length, ...report };
}
