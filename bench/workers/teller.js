/**
 * The built Worker's telling of events, called as the platform calls it. A POST of a body with `x-job-id`, the JobId in
 * it, stores `x-events` jobs whose events are left due, and then tells them: by the consumer of FORWARD_QUEUE in batches
 * of `x-batch-size`, or by the cron where that is 0. Answers how long the telling took, in milliseconds.
 */
import worker from "./index.js";

let sent = 0;

export default {
  async fetch(request, env, context) {
    const number = (name) => Number(request.headers.get(name));
    const jobId = request.headers.get("x-job-id");
    const template = await request.text();
    // Without a secret to sign with, events are written and wait.
    const waiting = { ...env, FORWARD_SECRETS: "" };
    for (let event = 0; event < number("x-events"); event += 1) {
      sent += 1;
      const body = template.replaceAll(jobId, `c${String(sent).padStart(jobId.length - 1, "0")}`);
      const post = new Request("http://localhost/callbacks/bench-key", { method: "POST", body });
      const response = await worker.fetch(post, waiting, context);
      if (!response.ok) return response;
    }
    const { results } = await env.DB.prepare("SELECT id FROM events WHERE due_at IS NOT NULL").all();
    const start = Date.now();
    const size = number("x-batch-size");
    const batches = size === 0 ? 0 : Math.ceil(results.length / size);
    if (size === 0) await worker.scheduled({ scheduledTime: Date.now() }, env, context);
    for (let batch = 0; batch < batches; batch += 1) {
      const messages = results
        .slice(batch * size, (batch + 1) * size)
        .map(({ id }) => ({ id, body: { event: id }, attempts: 1 }));
      await worker.queue({ queue: "callbacks-forward", messages }, env, context);
    }
    const milliseconds = Date.now() - start;
    const left = await env.DB.prepare("SELECT count(*) AS n FROM events WHERE due_at IS NOT NULL").first("n");
    return Response.json({ told: results.length - left, milliseconds });
  },
};
