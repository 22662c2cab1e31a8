/** A queue of events that is less safe than the real one. */
import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { DueEvent } from "../../src/forward/messages.ts";
import worker from "../../src/index.ts";
import type { Random } from "../worker/faults.ts";
import type { Changes } from "../worker/receiver.ts";

/** A queue that loses one message in ten, and brings one in ten twice. */
export function lossyQueue(random: Random) {
  const held: DueEvent[] = [];
  return {
    binding: {
      async sendBatch(messages: Iterable<{ body: DueEvent }>) {
        for (const { body } of messages)
          for (let times = random() < 0.1 ? 0 : random() < 0.1 ? 2 : 1; times > 0; times -= 1) held.push(body);
      },
    },
    async bring(changes: Changes) {
      const messages = held.splice(0, 20);
      if (messages.length === 0) return;
      const batch = createMessageBatch<DueEvent>(
        "ci-callbacks-forward",
        messages.map((body, index) => ({ id: `${index}`, timestamp: new Date(), attempts: 1, body })),
      );
      const ctx = createExecutionContext();
      try {
        await worker.queue(batch, { ...env, ...changes } as typeof env, ctx);
        await waitOnExecutionContext(ctx);
      } catch {
        // A queue brings a batch again whose consumer failed.
        held.push(...messages);
      }
    },
    isEmpty: () => held.length === 0,
  };
}
