/** The pages about deliveries: lists by what became of them, one with its bytes, and reading again what is in quarantine. */
import type { Context } from "hono";
import * as v from "valibot";
import { parseCallback } from "../../callback/callback.ts";
import { reparse, reparseMany } from "../../intake.ts";
import { findBody } from "../../lookup.ts";
import { type DeliveryList, type DeliveryView, deliveriesPage, deliveryPage } from "../views/delivery.ts";
import { faultPage } from "../views/layout.ts";
import { pathWith } from "../views/pager.ts";
import { deliveryPath } from "../view.ts";

import { tellAfterAnswer } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { hasSeen, liveOf, newestDelivery, readerView } from "./page.ts";
import { rawResponse } from "../../api/raw.ts";
import { pagerOf, readWalk } from "./trail.ts";
import type { Delivery } from "../../store/store.ts";
import { DeliveriesQuery } from "../../api/queries.ts";

export const deliveryPages = new Routes();

/** Deliveries on one page: each quarantined one costs a look at its bytes, and the free plan has 50 queries a request. */
const PAGE_LIMIT = 10;

/** Largest body that a list shows the place of a fault from, in bytes: it is fetched whole for two lines of it. */
const EXCERPT_BYTES = 128 * 1024;

const hasExcerpt = ({ status, size }: Delivery): boolean => status === "quarantined" && size <= EXCERPT_BYTES;

const Status = DeliveriesQuery.entries.status;

deliveryPages.get("/ui/deliveries", async (c) => {
  const { store } = c.var.places;
  const asked = v.safeParse(Status, c.req.query("status"));
  const status = asked.success ? (asked.output ?? null) : null;
  const view = await readerView(c);
  const list = `${store.name}:delivery-page:${status ?? ""}`;
  const walk = readWalk(list, c.req.query("cursor"));
  const live = walk.page === 1 ? liveOf(store, view, [await newestDelivery(store)]) : null;
  if (hasSeen(c, live)) return c.body(null, 304);

  const filter = status === null ? {} : { status };
  const found = await store.listDeliveries(filter, PAGE_LIMIT, walk.trail.at(-1) ?? null);
  const items = await Promise.all(
    found.items.map(async (delivery) => ({
      delivery,
      body: hasExcerpt(delivery) ? ((await store.getBody(delivery.id))?.body ?? null) : null,
    })),
  );
  const pager = pagerOf(list, walk, found.next, (cursor) => pathWith("/ui/deliveries", { status, cursor }));
  return c.html(deliveriesPage(view, { status, items, pager, reparsed: reparsedOf(c), live }));
});

const COUNT = /^\d{1,6}$/;

function reparsedOf(c: Context): DeliveryList["reparsed"] {
  const [read = "", unread = ""] = [c.req.query("read"), c.req.query("unread")];
  return COUNT.test(read) && COUNT.test(unread) ? { read: Number(read), unread: Number(unread) } : null;
}

deliveryPages.get("/ui/deliveries/:id", async (c) => {
  const id = c.req.param("id");
  const [view, kept] = await Promise.all([readerView(c), findBody(c.var.places, id)]);
  const { texts } = view;
  if (kept === null) return c.html(faultPage(view, texts.deliveryUnknown, texts.deliveryUnknownLead), 404);
  const reading = kept.body === null ? null : parseCallback(kept.body);
  const { jobs, runs } = reading?.ok === true ? reading.value : { jobs: [], runs: [] };
  const told: DeliveryView = {
    ...kept,
    jobIds: jobs.map((job) => job.jobId),
    runIds: runs.map((run) => run.runId),
    wasReparsed: c.req.query("again") !== undefined,
  };
  return c.html(deliveryPage(view, told));
});

deliveryPages.get("/ui/deliveries/:id/raw", async (c) => {
  const kept = await findBody(c.var.places, c.req.param("id"));
  // As text: what a sender calls it must not make it a script of this origin.
  return kept === null ? c.notFound() : rawResponse(c, kept, "text/plain; charset=utf-8");
});

deliveryPages.post("/ui/deliveries/reparse", async (c) => {
  const { outcomes } = await reparseMany(c.var.places.store, "quarantined", PAGE_LIMIT, null);
  tellAfterAnswer(
    c,
    outcomes.flatMap(({ events }) => events),
  );
  const read = outcomes.filter(({ reading }) => reading.ok).length;
  return c.redirect(`/ui/deliveries?status=quarantined&read=${read}&unread=${outcomes.length - read}`, 303);
});

deliveryPages.post("/ui/deliveries/:id/reparse", async (c) => {
  const id = c.req.param("id");
  const kept = await findBody(c.var.places, id);
  const outcome = kept === null ? null : await reparse(c.var.places.store, kept);
  if (outcome === null) return c.redirect(deliveryPath(id), 303);
  tellAfterAnswer(c, outcome.events);
  return c.redirect(`${deliveryPath(id)}?again=yes`, 303);
});
