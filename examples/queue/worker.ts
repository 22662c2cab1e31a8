/**
 * A Worker that receives events, answers at once, and does the work from a queue: `wrangler dev --config
 * examples/queue/wrangler.toml`. A queue message has at most 128 KB, and an event may be larger. So the message has the
 * JobId, and the consumer looks the job up. In a project of your own, import from
 * "ci-callback-receiver/client".
 */
import {
  createClient,
  EventVerificationError,
  readSegmentation,
  textOf,
  verifyEvent,
} from "../../src/client/client.ts";

interface Env {
  /** One of the receiver's FORWARD_SECRETS. */
  CI_EVENTS_SECRET: string;
  RECEIVER_URL: string;
  LOOKUP_TOKEN: string;
  EVENTS: Queue<JobEnded>;
}

interface JobEnded {
  /** The `webhook-id`, which is the same if an event comes twice. */
  event: string;
  jobId: string;
}

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    try {
      const event = await verifyEvent(request, env.CI_EVENTS_SECRET);
      if (event.type === "job.finished") await env.EVENTS.send({ event: event.id, jobId: event.data.jobId });
      return new Response(null, { status: 204 });
    } catch (error) {
      if (error instanceof EventVerificationError) return new Response(error.message, { status: 401 });
      throw error;
    }
  },

  async queue(batch, env) {
    const client = createClient({ baseUrl: env.RECEIVER_URL, token: env.LOOKUP_TOKEN });
    for (const message of batch.messages) {
      const { event, jobId } = message.body;
      // If this throws, the queue delivers the unacknowledged messages again.
      const job = await client.getJob(jobId);
      const segmentation = job === null ? null : readSegmentation(job);
      console.log(`${event} ${jobId} ${job?.state ?? "is gone"}: ${textOf(segmentation?.tokens ?? [])}`);
      message.ack();
    }
  },
} satisfies ExportedHandler<Env, JobEnded>;
