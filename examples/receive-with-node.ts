/**
 * Receives events with nothing but Node. Make a secret, and give it to both sides:
 *
 *   export CI_EVENTS_SECRET=whsec_$(openssl rand -base64 32)
 *   npx node examples/receive-with-node.ts &
 *   npm run listen -- --to http://localhost:3000/hook --secret "$CI_EVENTS_SECRET"
 *
 * A deployed receiver signs with its FORWARD_SECRETS: use one of those. In a project of your own, import from
 * "ci-callback-receiver/client". This server accepts every path.
 */
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { EventVerificationError, verifyEvent } from "../src/client/client.ts";

/** Handles one request, and gives the status of the answer. */
async function receive(request: IncomingMessage): Promise<number> {
  try {
    // The body must be the bytes as they came. If it is parsed and printed again, the signature does not fit.
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
