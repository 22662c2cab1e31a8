/**
 * Receives events with nothing but Node: `CI_EVENTS_SECRET=whsec_… node examples/receive-with-node.ts`, then
 * `npm run listen -- --to http://localhost:3000/ --secret whsec_…`. In a project of your own, import from
 * "ci-callback-receiver/client".
 */
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { EventVerificationError, verifyEvent } from "../src/client/client.ts";

/** Gives the status to answer with. */
async function receive(request: IncomingMessage): Promise<number> {
  try {
    // The body has to be the bytes that came: parsed and printed again, they are not what was signed.
    const body = await buffer(request);
    const event = await verifyEvent({ headers: request.headers, body }, process.env["CI_EVENTS_SECRET"] ?? "");
    // The same event may come twice, under the same id: ignore an id that you have seen.
    if (event.type === "job.finished") console.log(event.id, event.data.jobId, event.data.state);
    return 204;
  } catch (error) {
    if (error instanceof EventVerificationError) return 401;
    console.error(error);
    return 500;
  }
}

export const server = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end());
});

if (import.meta.main) server.listen(3000, "127.0.0.1");
