/** The pages about events: the list by status, and sending one or all failed ones again. */
import type { Context } from "hono";
import { EVENT_STATUSES, type EventStatus } from "../../events/events.ts";
import type { OutboxEvent } from "../../store/outbox.ts";
import { StoreError } from "../../store/retry.ts";
import { type AppEnv, readyForwarder } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { PAGE_LIMIT_DEFAULT } from "../../api/queries.ts";
import { type Events, eventsPage, type ShownEvent } from "../views/events.ts";
import { pathWith } from "../views/pager.ts";
import { ownPath } from "../session.ts";
import { hasSeen, liveOf, readerView } from "./page.ts";
import { pagerOf, readWalk } from "./trail.ts";

export const eventPages = new Routes();

type Forwarder = AppEnv["Variables"]["forwarder"];

/** Failed events that one press of the button makes due: as many as the API does at once. */
const RESENT_AT_ONCE = 100;

/** Events on the page of a job, newest first. */
const EVENTS_OF_JOB = 20;

const isStatus = (text: string | undefined): text is EventStatus => EVENT_STATUSES.some((status) => status === text);

eventPages.get("/ui/events", async (c) => {
  const { store } = c.var.places;
  const { forwarder } = c.var;
  const asked = c.req.query("status");
  const status = isStatus(asked) ? asked : null;
  const view = await readerView(c);
  const list = `${store.name}:event-page:${status ?? ""}`;
  const walk = readWalk(list, c.req.query("cursor"));
  const filter = status === null ? {} : { status };
  const found = await forwarder.outbox.list(filter, PAGE_LIMIT_DEFAULT, walk.trail.at(-1) ?? null);
  const live = walk.page === 1 ? liveOf(store, view, found.items.flatMap(stateOf)) : null;
  if (hasSeen(c, live)) return c.body(null, 304);
  const pager = pagerOf(list, walk, found.next, (cursor) => pathWith("/ui/events", { status, cursor }));
  const events = await withHosts(forwarder, found.items);
  return c.html(eventsPage(view, { status, events, pager, canSend: forwarder.isReady, resent: resentOf(c), live }));
});

/** What changes of an event while the page is open. */
const stateOf = ({ id, status, attempts }: OutboxEvent) => [id.slice(0, 16), status, attempts];

const COUNT = /^\d{1,6}$/;

function resentOf(c: Context<AppEnv>): Events["resent"] {
  const [count = "", left = ""] = [c.req.query("resent"), c.req.query("left")];
  return COUNT.test(count) && COUNT.test(left) ? { count: Number(count), left: Number(left) } : null;
}

eventPages.post("/ui/events/resend", async (c) => {
  const forwarder = readyForwarder(c);
  const { ids, left } = await forwarder.outbox.resendFailed(RESENT_AT_ONCE, Date.now());
  c.executionCtx.waitUntil(forwarder.tellThese(ids));
  return c.redirect(`/ui/events?status=failed&resent=${ids.length}&left=${left}`, 303);
});

/** Back to the page that the button is on, whatever became of the event meanwhile. */
eventPages.post("/ui/events/:id/resend", async (c) => {
  const forwarder = readyForwarder(c);
  const { back } = await c.req.parseBody();
  const id = c.req.param("id");
  const event = await forwarder.outbox.resend(id, Date.now());
  if (event !== null) c.executionCtx.waitUntil(forwarder.tellThese([id]));
  return c.redirect(ownPath(c, back ?? "/ui/events"), 303);
});

/** What was told of a job; empty where the store cannot be asked now. */
export async function eventsOfJob({ var: { forwarder } }: Context<AppEnv>, jobId: string): Promise<ShownEvent[]> {
  try {
    const { items } = await forwarder.outbox.list({ jobId }, EVENTS_OF_JOB, null);
    return await withHosts(forwarder, items);
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

async function withHosts(forwarder: Forwarder, items: readonly OutboxEvent[]): Promise<ShownEvent[]> {
  const hosts = new Map((await forwarder.endpoints).map(({ id, host }) => [id, host]));
  return items.map((event) => ({ event, host: hosts.get(event.endpoint) ?? null }));
}
