/** A callback that the receiver sends itself, to see that all works: it goes the way of every other. */
import { tellAfterAnswer } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { intakeOne, nameArrival } from "../../intake.ts";
import { jobPath } from "../view.ts";
import { sampleCallback } from "../views/set-up.ts";

export const testCallbacks = new Routes();

testCallbacks.post("/ui/test-callback", async (c) => {
  const jobId = `test-${crypto.randomUUID().slice(0, 8)}`;
  const bytes = new TextEncoder().encode(sampleCallback(jobId));
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt: Date.now() });
  const { events } = await intakeOne(c.var.places, arrival);
  tellAfterAnswer(c, events);
  return c.redirect(jobPath(jobId), 303);
});
