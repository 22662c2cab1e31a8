/** Events: what the user's system was told, and telling it again. */
import type { Context } from "hono";
import * as v from "valibot";
import { SUBJECT_NAMES } from "../events/events.ts";
import { ProblemError, problemResponse } from "../problems.ts";
import type { EventFilter, OutboxEvent } from "../store/outbox.ts";
import { timeOf } from "../wire.ts";
import { jsonOf, readBytes } from "./body.ts";
import { type AppEnv, idOf, NO_STORE, readyForwarder, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { EventsQuery, ResendBody } from "./queries.ts";
import { PAGE_MEMBERS } from "./schema-parts.ts";
import { Event, EventList, JobEvents, Resent, TestAnswers } from "./schemas.ts";

export const events = new Routes();
events.use(requireToken);

/** The routes of events under `/jobs/{jobId}`. The look-ups of jobs know nothing of events. */
export const jobEvents = new Routes();
jobEvents.use(requireToken);

const PROBLEMS = ["unauthorized", "too-many-requests"] as const;
const TEST_PROBLEMS = ["cross-site-request", "forwarding-off", ...PROBLEMS] as const;
const POST_PROBLEMS = [...TEST_PROBLEMS, "store-unavailable"] as const;

/** How many failed events one call makes due. */
const RESENT_AT_ONCE = 100;

/** Largest body of `POST /events/resend`, in bytes. */
const RESEND_BODY_BYTES = 1_000;

events.get("/", query(EventsQuery), async (c) => {
  const { limit, cursor, ...given } = c.req.valid("query");
  const { outbox } = c.var.forwarder;
  const filter = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) satisfies EventFilter;
  const list = `${c.var.places.store.name}:events:${JSON.stringify(filter)}`;
  const page = await outbox.list(filter, limit, decodeCursor(list, cursor));
  return c.json({ events: await told(c, page.items), next: encodeCursor(list, page.next) }, 200, NO_STORE);
});

events.post("/test", async (c) => c.json({ endpoints: await readyForwarder(c).test() }, 200, NO_STORE));

events.post("/resend", async (c) => {
  const forwarder = readyForwarder(c);
  await expectResendBody(c);
  const { ids, left } = await forwarder.outbox.resendFailed(RESENT_AT_ONCE, Date.now());
  c.executionCtx.waitUntil(forwarder.tellThese(ids));
  return c.json({ resent: ids.length, left }, 200, NO_STORE);
});

events.post("/:id/resend", async (c) => {
  const forwarder = readyForwarder(c);
  const id = c.req.param("id");
  const event = await forwarder.outbox.resend(id, Date.now());
  if (event === null) return problemResponse(c, { code: "event-not-found", detail: `No event ${id} is kept here.` });
  c.executionCtx.waitUntil(forwarder.tellThese([id]));
  return c.json((await told(c, [event]))[0], 200, NO_STORE);
});

jobEvents.post("/:jobId/resend", async (c) => {
  const forwarder = readyForwarder(c);
  const jobId = idOf(c, "jobId");
  const found = await forwarder.outbox.tellAgain(jobId, Date.now());
  if (found === null)
    return problemResponse(c, { code: "job-not-found", detail: `No callback has named job ${jobId}.` });
  c.executionCtx.waitUntil(forwarder.tellThese(found.map(({ id }) => id)));
  return c.json({ events: await told(c, found) }, 200, NO_STORE);
});

async function expectResendBody(c: Context<AppEnv>): Promise<void> {
  const bytes = await readBytes(c.req.raw, RESEND_BODY_BYTES);
  const body = bytes.ok ? jsonOf(bytes.value) : undefined;
  if (v.is(ResendBody, body)) return;
  throw new ProblemError({ code: "invalid-request", detail: 'The body must be {"status":"failed"}.' });
}

/** Events as they are answered. An endpoint is named by its host alone. */
async function told(c: Context<AppEnv>, items: readonly OutboxEvent[]) {
  const hosts = new Map((await c.var.forwarder.endpoints).map(({ id, host }) => [id, host]));
  return items.map(({ id, type, endpoint, subject, status, attempts, createdAt, dueAt, lastStatus, lastError }) => ({
    id,
    type,
    endpoint: hosts.get(endpoint) ?? null,
    status,
    attempts,
    createdAt: timeOf(createdAt),
    nextAttemptAt: dueAt === null ? null : timeOf(dueAt),
    lastStatus,
    lastError,
    [SUBJECT_NAMES[type]]: subject,
  }));
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /events": {
    operationId: "listEvents",
    summary: "Events, newest first",
    description:
      "What your system was told, and what it is still to be told. A page may be shorter than `limit` and have a `next`: continue with that.",
    answers: { 200: { description: "A page of events.", schema: EventList } },
    problems: ["invalid-request", "store-unavailable", ...PROBLEMS],
    needsToken: true,
    query: EventsQuery,
    members: { jobId: "Events about this job.", ...PAGE_MEMBERS },
  },
  "POST /events/test": {
    operationId: "testEvents",
    summary: "Send `receiver.test` to every endpoint",
    description: "Sends it at once, signed like any event, and answers what each endpoint said. It is not repeated.",
    answers: { 200: { description: "What each endpoint said; `error` is null after a 2xx.", schema: TestAnswers } },
    problems: TEST_PROBLEMS,
    needsToken: true,
  },
  "POST /events/resend": {
    operationId: "resendEvents",
    summary: "Send failed events again",
    description: `Takes \`{"status":"failed"}\`. Makes at most ${RESENT_AT_ONCE} failed events due, oldest first, and says how many are \`left\`.`,
    answers: { 200: { description: "How many were made due.", schema: Resent } },
    problems: ["invalid-request", ...POST_PROBLEMS],
    needsToken: true,
  },
  "POST /events/{id}/resend": {
    operationId: "resendEvent",
    summary: "Send one event again",
    description:
      "Makes the event due at once, whatever its status, with the same `webhook-id`. If it is due within two minutes anyway, nothing changes.",
    answers: { 200: { description: "The event.", schema: Event } },
    problems: ["event-not-found", ...POST_PROBLEMS],
    needsToken: true,
  },
  "POST /jobs/{jobId}/resend": {
    operationId: "resendJob",
    summary: "Tell of a job again",
    description:
      "Tells every endpoint of the job as it is now, with the same `webhook-id` as before: as `job.finished` if it is terminal, otherwise as `job.updated`.",
    answers: { 200: { description: "The events, one for each endpoint.", schema: JobEvents } },
    problems: ["job-not-found", ...POST_PROBLEMS],
    needsToken: true,
  },
});
