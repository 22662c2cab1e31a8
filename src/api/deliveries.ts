/** Deliveries: what came, whether it could be read, and reparsing it. */
import { type Outcome, reparse, reparseMany } from "../intake.ts";
import { findBody, findDelivery } from "../lookup.ts";
import { type Problem, problemResponse } from "../problems.ts";
import { deliveryRecord } from "../wire.ts";
import { NO_STORE, requireToken, tellAfterAnswer } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { rawResponse } from "./raw.ts";
import { DeliveriesQuery, ReparseQuery } from "./queries.ts";
import { PAGE_MEMBERS } from "./schema-parts.ts";
import { Delivery, DeliveryList, Reparsed, ReparsedList } from "./schemas.ts";

export const deliveries = new Routes();
deliveries.use(requireToken);

const PROBLEMS = ["unauthorized", "too-many-requests", "store-unavailable"] as const;

deliveries.get("/", query(DeliveriesQuery), async (c) => {
  const { status, limit, cursor } = c.req.valid("query");
  const { store } = c.var.places;
  const list = `${store.name}:deliveries:${status ?? ""}`;
  const page = await store.listDeliveries(status === undefined ? {} : { status }, limit, decodeCursor(list, cursor));
  return c.json({ deliveries: page.items.map(deliveryRecord), next: encodeCursor(list, page.next) }, 200, NO_STORE);
});

deliveries.get("/:id", async (c) => {
  const id = c.req.param("id");
  const delivery = await findDelivery(c.var.places, id);
  return delivery === null ? problemResponse(c, notFound(id)) : c.json(deliveryRecord(delivery), 200, NO_STORE);
});

deliveries.get("/:id/raw", async (c) => {
  const id = c.req.param("id");
  const kept = await findBody(c.var.places, id);
  return kept === null ? problemResponse(c, notFound(id)) : rawResponse(c, kept);
});

deliveries.post("/reparse", query(ReparseQuery), async (c) => {
  const { status, limit, cursor } = c.req.valid("query");
  const { store } = c.var.places;
  const list = `${store.name}:reparse:${status}`;
  const { outcomes, next } = await reparseMany(store, status, limit, decodeCursor(list, cursor));
  tellAfterAnswer(
    c,
    outcomes.flatMap(({ events }) => events),
  );
  const left = next === null ? 0 : await store.countDeliveries(status, next);
  return c.json({ reparsed: outcomes.map(reparsed), next: encodeCursor(list, next), left }, 200, NO_STORE);
});

deliveries.post("/:id/reparse", async (c) => {
  const id = c.req.param("id");
  const kept = await findBody(c.var.places, id);
  if (kept === null) return problemResponse(c, notFound(id));
  const outcome = await reparse(c.var.places.store, kept);
  if (outcome === null) return rawResponse(c, kept);
  tellAfterAnswer(c, outcome.events);
  return c.json(reparsed(outcome), 200, NO_STORE);
});

const notFound = (id: string): Problem => ({ code: "delivery-not-found", detail: `No delivery ${id} is kept here.` });

function reparsed({ delivery, status, jobs, reading }: Outcome) {
  const { reason = null, line = null, column = null } = reading.ok ? {} : reading.error;
  return { delivery, status, jobs, reason, line, column };
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /deliveries": {
    operationId: "listDeliveries",
    summary: "Deliveries, last received first",
    answers: { 200: { description: "A page of deliveries.", schema: DeliveryList } },
    problems: ["invalid-request", ...PROBLEMS],
    needsToken: true,
    query: DeliveriesQuery,
    members: PAGE_MEMBERS,
  },
  "GET /deliveries/{id}": {
    operationId: "getDelivery",
    summary: "One delivery",
    answers: { 200: { description: "The delivery.", schema: Delivery } },
    problems: ["delivery-not-found", ...PROBLEMS],
    needsToken: true,
  },
  "GET /deliveries/{id}/raw": {
    operationId: "getDeliveryRaw",
    summary: "The exact bytes of a delivery",
    answers: { 200: { description: "The bytes, as the media type they came with.", media: ["*/*"] } },
    problems: ["delivery-not-found", "bytes-gone", "corrupt-bytes", ...PROBLEMS],
    needsToken: true,
  },
  "POST /deliveries/reparse": {
    operationId: "reparseDeliveries",
    summary: "Reparse the kept deliveries of one status",
    description:
      "Reads at most `limit` deliveries, newest first. `left` says how many remain, and `next` where to continue. Running it twice changes nothing more.",
    answers: { 200: { description: "What came of it.", schema: ReparsedList } },
    problems: ["invalid-request", "cross-site-request", ...PROBLEMS],
    needsToken: true,
    query: ReparseQuery,
    members: PAGE_MEMBERS,
  },
  "POST /deliveries/{id}/reparse": {
    operationId: "reparseDelivery",
    summary: "Reparse one kept delivery",
    answers: { 200: { description: "What came of it.", schema: Reparsed } },
    problems: ["delivery-not-found", "bytes-gone", "corrupt-bytes", "cross-site-request", ...PROBLEMS],
    needsToken: true,
  },
});
