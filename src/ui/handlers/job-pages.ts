/** The pages about jobs: the list, and one job. */
import * as v from "valibot";
import { findJob, findKnownJob } from "../../lookup.ts";
import { readSegmentation } from "../../results/segmentation.ts";
import { isOnlyExpected } from "../../store/expectations.ts";
import { rowVersion } from "../views/expectation.ts";
import { type Filters, type Home, homePage, listPath } from "../views/home.ts";
import { jobPage, unknownJobPage } from "../views/job.ts";
import { isWordFormat, WORD_FORMATS } from "../views/segmentation/export.ts";
import { SHOWN_AS } from "../views/segmentation/options.ts";
import type { History } from "../views/history.ts";
import { jobPath } from "../view.ts";
import { StoreError } from "../../store/retry.ts";
import { FilterError } from "../../store/errors.ts";
import { JOB_FILTERS, type JobFilter, type JobFilterName } from "../../store/lists.ts";
import type { Store } from "../../store/store.ts";
import { jobOf } from "../../wire.ts";
import { idOf } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { expectedPage, hasJobsToLookAfter, wasAsked } from "./asking-pages.ts";
import { eventsOfJob } from "./event-pages.ts";
import { hasSeen, liveOf, newestJobChange, readerView } from "./page.ts";
import { JobsQuery, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../api/queries.ts";
import { pagerOf, readWalk } from "./trail.ts";
import { withVerdicts } from "./verdicts.ts";

export const jobPages = new Routes();

/** Jobs whose states are counted. Counting all would read the whole table. */
const COUNTED_JOBS = PAGE_LIMIT_MAX;

jobPages.get("/", async (c) => {
  const { store } = c.var.places;
  const { given, filter, fault } = readFilters(c.req.query());
  const cursor = c.req.query("cursor");
  // A form sends its empty fields too. The address is for people to read and to pass on.
  if (Object.values(c.req.query()).includes(""))
    return c.redirect(listPath({ ...given, ...(cursor && { cursor }) }), 303);
  const view = await readerView(c);
  const none: Home = {
    filters: given,
    filterable: store.filters,
    jobs: [],
    counts: null,
    pager: { pageNumber: 1, first: listPath(given), previous: null, next: null },
    fault: null,
    withAsking: false,
    live: null,
  };
  if (fault !== null) {
    const { fields, filterFaults, filterWrong } = view.texts;
    const says = filterWrong(fields[fault.name], filterFaults[fault.says] ?? fault.says);
    return c.html(homePage(view, { ...none, fault: says }), 400);
  }

  const list = `${store.name}:page:${JSON.stringify(filter)}`;
  const walk = readWalk(list, cursor);
  const live = walk.page === 1 ? liveOf(store, view, [await newestJobChange(store)]) : null;
  if (hasSeen(c, live)) return c.body(null, 304);
  try {
    const [found, counts, withAsking] = await Promise.all([
      store.listJobs(filter, PAGE_LIMIT_DEFAULT, walk.trail.at(-1) ?? null),
      walk.page === 1 ? countStates(store, filter) : null,
      hasJobsToLookAfter(c, view),
    ]);
    const home: Home = {
      ...none,
      jobs: await withVerdicts(store, found.items, view.now),
      counts,
      withAsking,
      pager: pagerOf(list, walk, found.next, (cursor) => listPath({ ...given, ...(cursor !== null && { cursor }) })),
      live,
    };
    return c.html(homePage(view, home));
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return c.html(homePage(view, { ...none, fault: view.texts.filterUnsupported(error.message) }), 400);
  }
});

/** The filters as they were given, without empty ones and without what is none; and as the store takes them. */
function readFilters(query: Record<string, string>): {
  given: Filters;
  filter: JobFilter;
  fault: { name: JobFilterName; says: string } | null;
} {
  const given: Filters = {};
  for (const name of JOB_FILTERS) {
    const value = query[name]?.trim();
    if (value !== undefined && value !== "") given[name] = value;
  }
  const read = v.safeParse(JobsQuery, given);
  if (!read.success) {
    const [issue] = read.issues;
    // `given` has no other names.
    const name = v.getDotPath(issue) as JobFilterName;
    return { given, filter: {}, fault: { name, says: issue.message } };
  }
  const { output } = read;
  const filter = JOB_FILTERS.flatMap((name) => (output[name] === undefined ? [] : [[name, output[name]]]));
  return { given, filter: Object.fromEntries(filter) as JobFilter, fault: null };
}

/** How many of the newest jobs are in each state, whatever state is asked for. */
async function countStates(store: Store, filter: JobFilter): Promise<Home["counts"]> {
  const { state: _, ...others } = filter;
  const { items, next } = await store.listJobs(others, COUNTED_JOBS, null);
  const states = new Map<string | null, number>();
  for (const { summary } of items) states.set(summary.state, (states.get(summary.state) ?? 0) + 1);
  return { states, jobs: items.length, isAll: next === null };
}

jobPages.get("/ui/jobs/:jobId", async (c) => {
  const jobId = idOf(c, "jobId");
  const { places } = c.var;
  const view = await readerView(c);
  const kept = await findKnownJob(places, jobId);
  if (kept === null) {
    const live = liveOf(places.store, view, ["unknown"]);
    return hasSeen(c, live) ? c.body(null, 304) : c.html(unknownJobPage(view, jobId, live), 404);
  }
  if (isOnlyExpected(kept)) return expectedPage(c, view, kept);
  const job = jobOf(kept, view.now);
  const { id, count } = kept.delivery;
  const live = job.terminal ? null : liveOf(places.store, view, [id, count, kept.updatedAt, rowVersion(job)]);
  if (hasSeen(c, live)) return c.body(null, 304);
  const shownAs = c.req.query("as");
  const options = {
    parts: c.req.queries("pos") ?? [],
    as: SHOWN_AS.find((as) => as === shownAs) ?? "text",
    query: c.req.query("find") ?? "",
    withStopWords: c.req.query("stop") === "yes",
    path: jobPath(jobId),
  };
  const [history, events] = await Promise.all([historyOf(places.store, jobId), eventsOfJob(c, jobId)]);
  const canSend = c.var.forwarder.isReady;
  const canAsk = c.var.reconciler !== null;
  return c.html(jobPage(view, { job, kept, history, events, canSend, canAsk, wasAsked: wasAsked(c), options, live }));
});

/** The words of a segmentation as a file. */
jobPages.get("/ui/jobs/:jobId/words", async (c) => {
  const format = c.req.query("format");
  const kept = await findJob(c.var.places, idOf(c, "jobId"));
  const segmentation = kept === null ? null : readSegmentation(jobOf(kept, Date.now()));
  if (segmentation === null || !isWordFormat(format)) return c.notFound();
  const { type, extension, textOf } = WORD_FORMATS[format];
  return c.body(textOf(segmentation.tokens), 200, {
    "content-type": `${type}; charset=utf-8`,
    "content-disposition": `attachment; filename="words.${extension}"`,
  });
});

/** Deliveries on the page of a job, last received first. */
const DELIVERIES_OF_JOB = 20;

/** Empty where the store cannot be asked now: the page does without. */
async function historyOf(store: Store, jobId: string): Promise<History> {
  try {
    const { items, next } = await store.listDeliveriesOfJob(jobId, DELIVERIES_OF_JOB, null);
    return { deliveries: items, isCut: next !== null };
  } catch (error) {
    if (error instanceof StoreError) return { deliveries: [], isCut: false };
    throw error;
  }
}
