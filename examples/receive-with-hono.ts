/**
 * Receives events with Hono, wherever Hono runs. Give the URL of `POST /ci-events` to the receiver as FORWARD_URLS;
 * CI_EVENTS_SECRET is one of its FORWARD_SECRETS. In a project of your own, import from "ci-callback-receiver/client".
 */
import { Hono } from "hono";
import { env } from "hono/adapter";
import { EventVerificationError, verifyEvent } from "../src/client/client.ts";

const app = new Hono();

app.post("/ci-events", async (c) => {
  const { CI_EVENTS_SECRET } = env<{ CI_EVENTS_SECRET: string }>(c);
  const event = await verifyEvent(c.req.raw, CI_EVENTS_SECRET);
  // The same event may come twice, under the same id: ignore an id that you have seen.
  if (event.type === "job.finished") console.log(event.id, event.data.jobId, event.data.state);
  return c.body(null, 204);
});

app.onError((error, c) => {
  if (error instanceof EventVerificationError) return c.text(error.message, 401);
  console.error(error);
  // Not a 2xx, so the receiver sends it again.
  return c.text("The event could not be handled.", 500);
});

export default app;
