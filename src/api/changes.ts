/** `GET /changes`: the jobs that changed since a cursor, for systems that cannot receive events. */
import type { Places } from "../intake.ts";
import type { Position } from "../store/lists.ts";
import { listedJob } from "../wire.ts";
import { NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { ChangesQuery } from "./queries.ts";
import { PAGE_MEMBERS } from "./schema-parts.ts";
import { ChangeList } from "./schemas.ts";
import { poll, watch } from "./wait.ts";

export const changes = new Routes();
changes.use(requireToken);

changes.get("/", query(ChangesQuery), async (c) => {
  const { after, limit, wait } = c.req.valid("query");
  const { places } = c.var;
  const list = `${places.store.name}:changes`;
  const from = await startOf(places, list, after);
  const news = wait > 0 ? await watch(places.store.news, null) : null;
  let page = await places.store.listChanges(from, limit);
  if (wait > 0 && page.items.length === 0) {
    await poll({
      ask: async () => (page = await places.store.listChanges(from, limit)),
      isDone: ({ items }) => items.length > 0,
      seconds: wait,
      firstPauseSeconds: places.store.pollSeconds.wait,
      signal: c.req.raw.signal,
      news,
    });
  }
  const now = Date.now();
  const changes = page.items.map((job) => listedJob(job, now));
  return c.json({ changes, next: encodeCursor(list, page.next) }, 200, NO_STORE);
});

/** Where a page begins; null is the very beginning. */
async function startOf({ store }: Places, list: string, after: string | undefined): Promise<Position | null> {
  if (after === undefined) return store.newestChange();
  return after === "start" ? null : decodeCursor(list, after);
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /changes": {
    operationId: "listChanges",
    summary: "Jobs that changed, oldest change first",
    description:
      "Every job whose record, workflow, expectation or verdict changed since `after`, as it is now. A job may come again, but none is missed. " +
      "Without `after` it starts now, with `after=start` at the very beginning. `next` is never null, even if nothing has changed.",
    answers: { 200: { description: "A page of jobs, without their detail.", schema: ChangeList } },
    problems: ["invalid-request", "unauthorized", "too-many-requests", "not-supported-by-store", "store-unavailable"],
    needsToken: true,
    query: ChangesQuery,
    members: {
      after: "`next` of the previous page, or `start`.",
      limit: PAGE_MEMBERS.limit,
      wait: "Whole seconds, 0 to 60, to wait for a change.",
    },
  },
});
