/** The pages about what did not come: the overdue jobs, a job that is only expected, and asking CI about a job. */
import type { Context } from "hono";
import { type AppEnv, idOf } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { askNow } from "../../api/expectations.ts";
import { PAGE_LIMIT_DEFAULT } from "../../api/queries.ts";
import { type ExpectedJob, isOnlyExpected, type KnownJob } from "../../store/expectations.ts";
import { StoreError } from "../../store/retry.ts";
import { UnsupportedError } from "../../store/errors.ts";
import { jobOf, listedJob } from "../../wire.ts";
import { expectedJobPage, overduePage } from "../views/expectation.ts";
import { jobRow } from "../views/job-row.ts";
import { pathWith } from "../views/pager.ts";
import { jobPath, type View } from "../view.ts";
import { hasSeen, liveOf, readerView } from "./page.ts";
import { pagerOf, readWalk } from "./trail.ts";

export const askingPages = new Routes();

askingPages.get("/ui/overdue", async (c) => {
  const { store } = c.var.places;
  if (store.expectations === null) throw new UnsupportedError("expectations");
  const view = await readerView(c);
  const list = `${store.name}:overdue-page`;
  const walk = readWalk(list, c.req.query("cursor"));
  const found = await store.expectations.listOverdue(PAGE_LIMIT_DEFAULT, walk.trail.at(-1) ?? null, view.now);
  const live = walk.page === 1 ? liveOf(store, view, found.items.flatMap(stateOf)) : null;
  if (hasSeen(c, live)) return c.body(null, 304);
  const pager = pagerOf(list, walk, found.next, (cursor) => pathWith("/ui/overdue", { cursor }));
  const rows = found.items.map((job) => jobRow(view, { job: listedJob(job, view.now) }, "due"));
  return c.html(overduePage(view, { rows, pager, live }));
});

/** What changes of an overdue job while the page is open. */
const stateOf = (job: KnownJob): (string | number)[] =>
  isOnlyExpected(job) ? [job.jobId, job.expectation.changed] : [job.summary.jobId, job.updatedAt];

/** Whether there is anything that a reader might look after: keys to ask CI with, or a job that is overdue. */
export async function hasJobsToLookAfter(
  { var: { places, reconciler } }: Context<AppEnv>,
  view: View,
): Promise<boolean> {
  const { expectations } = places.store;
  if (expectations === null) return false;
  if (reconciler !== null) return true;
  try {
    return (await expectations.listOverdue(1, null, view.now)).items.length > 0;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}

/** The page of a job that nothing has told of. */
export function expectedPage(c: Context<AppEnv>, view: View, expected: ExpectedJob): Response | Promise<Response> {
  const job = jobOf(expected, view.now);
  const parts = [expected.expectation.changed, Number(job.expectation?.overdue)];
  const live = liveOf(c.var.places.store, view, parts);
  if (hasSeen(c, live)) return c.body(null, 304);
  return c.html(expectedJobPage(view, { job, canAsk: c.var.reconciler !== null, wasAsked: wasAsked(c), live }));
}

/** Whether the reader comes from asking CI. */
export const wasAsked = (c: Context<AppEnv>): boolean => c.req.query("asked") === "yes";

askingPages.post("/ui/jobs/:jobId/reconcile", async (c) => {
  const jobId = idOf(c, "jobId");
  await askNow(c, jobId);
  return c.redirect(`${jobPath(jobId)}?asked=yes`, 303);
});
