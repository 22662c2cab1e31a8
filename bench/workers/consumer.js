/**
 * The built Worker's consumer of a queue, called as the queue calls it. A POST of a body with `x-job-id`, the JobId in
 * it, `x-batches` and `x-batch-size` stores so many batches one after the other, each message with a JobId of its own.
 */
import worker from "./index.js";

let sent = 0;

function messageOf(template, jobId) {
  sent += 1;
  const number = String(sent).padStart(jobId.length - 1, "0");
  const bytes = new TextEncoder().encode(template.replaceAll(jobId, `b${number}`));
  const body = { bytes, contentType: "application/xml", receivedAt: Date.now(), nonce: number.slice(-8) };
  return { id: number, body, attempts: 1, ack() {}, retry() {} };
}

export default {
  async fetch(request, env, context) {
    const number = (name) => Number(request.headers.get(name));
    const jobId = request.headers.get("x-job-id");
    const template = await request.text();
    let acknowledged = 0;
    for (let batch = 0; batch < number("x-batches"); batch += 1) {
      const messages = Array.from({ length: number("x-batch-size") }, () => messageOf(template, jobId));
      const ackAll = () => (acknowledged += messages.length);
      await worker.queue({ queue: "callbacks", messages, ackAll, retryAll() {} }, env, context);
    }
    return Response.json({ acknowledged });
  },
};
