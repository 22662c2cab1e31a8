/** The pages about jobs and runs: the list, one job, one run, and finding any of them by its id. */
import { Hono } from "hono";
import * as v from "valibot";
import { jobOf, listedJob } from "../../job.ts";
import { FILTER_NAMES, type Filters, type Home, homePage } from "../views/home.ts";
import { jobPage, unknownJobPage, unknownRunPage } from "../views/job.ts";
import { runPage } from "../views/run.ts";
import { deliveryPath, jobPath, runPath } from "../view.ts";
import { FilterError, type JobFilter, type Store } from "../../store/store.ts";
import type { AppEnv } from "../../api/context.ts";
import { findSpilledJob } from "../../api/jobs.ts";
import { hasSeen, liveOf, newestDelivery, readerView } from "./page.ts";
import { findRun } from "../../api/runs.ts";
import { JobsQuery, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../api/schemas.ts";
import { pathBefore, pathAfter, readWalk } from "./trail.ts";

export const jobPages = new Hono<AppEnv>();

/** Jobs whose states are counted. Counting all would read the whole table. */
const COUNTED_JOBS = PAGE_LIMIT_MAX;

const KV_FILTERS: ReadonlySet<string> = new Set(["runId", "receivedAfter", "receivedBefore"]);

jobPages.get("/", async (c) => {
  const { store } = c.var.places;
  const { given, filter, fault } = readFilters(c.req.query());
  const view = await readerView(c);
  const filterable = FILTER_NAMES.filter((name) => store.name === "d1" || KV_FILTERS.has(name));
  const none: Home = {
    filters: given,
    filterable,
    jobs: [],
    counts: null,
    pageNumber: 1,
    previous: null,
    next: null,
    fault,
    live: null,
  };
  if (fault !== null) return c.html(homePage(view, { ...none, fault: view.texts.filterWrong(fault) }), 400);

  const list = `${store.name}:page:${JSON.stringify(filter)}`;
  const walk = readWalk(list, c.req.query("cursor"));
  const live = walk.page === 1 ? liveOf(store, view, [await newestDelivery(store)]) : null;
  if (hasSeen(c, live)) return c.body(null, 304);
  try {
    const [found, counts] = await Promise.all([
      store.listJobs(filter, PAGE_LIMIT_DEFAULT, walk.trail.at(-1) ?? null),
      walk.page === 1 ? countStates(store, filter) : null,
    ]);
    const home: Home = {
      ...none,
      jobs: found.items.map(listedJob),
      counts,
      pageNumber: walk.page,
      previous: pathBefore(list, given, walk),
      next: pathAfter(list, given, walk, found.next),
      live,
    };
    return c.html(homePage(view, home));
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return c.html(homePage(view, { ...none, fault: view.texts.filterUnsupported(error.message) }), 400);
  }
});

/** The filters as they were given, without empty ones and without what is none; and as the store takes them. */
function readFilters(query: Record<string, string>): { given: Filters; filter: JobFilter; fault: string | null } {
  const given: Filters = {};
  for (const name of FILTER_NAMES) {
    const value = query[name]?.trim();
    if (value !== undefined && value !== "") given[name] = value;
  }
  const read = v.safeParse(JobsQuery, given);
  if (!read.success) return { given, filter: {}, fault: `${v.getDotPath(read.issues[0])} ${read.issues[0].message}` };
  const { output } = read;
  const filter = FILTER_NAMES.flatMap((name) => (output[name] === undefined ? [] : [[name, output[name]]]));
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

const DELIVERY_ID = /^[0-9a-f]{64}$/i;

/** To the page of whatever has this id. What nothing has is taken for a job that is still to come. */
jobPages.get("/ui/find", async (c) => {
  const id = (c.req.query("id") ?? "").trim();
  if (id === "") return c.redirect("/", 303);
  if (DELIVERY_ID.test(id)) return c.redirect(deliveryPath(id.toLowerCase()), 303);
  const { store } = c.var.places;
  const [job, run] = await Promise.all([store.getJob(id), store.getRun(id)]);
  return c.redirect(job === null && run !== null ? runPath(id) : jobPath(id), 303);
});

jobPages.get("/ui/jobs/:jobId", async (c) => {
  const jobId = c.req.param("jobId");
  const { places } = c.var;
  const view = await readerView(c);
  const kept = await places.store.getJobWithBody(jobId);
  const spilled = kept?.summary.terminal === true ? null : await findSpilledJob(places.spill, jobId);
  const job = kept === null || spilled?.terminal === true ? spilled : jobOf(kept);
  if (job === null) {
    const live = liveOf(places.store, view, ["unknown"]);
    return hasSeen(c, live) ? c.body(null, 304) : c.html(unknownJobPage(view, jobId, live), 404);
  }
  const live = job.terminal ? null : liveOf(places.store, view, [job.delivery.id, job.delivery.count]);
  if (hasSeen(c, live)) return c.body(null, 304);
  const options = {
    parts: c.req.queries("pos") ?? [],
    as: c.req.query("as") === "table" ? ("table" as const) : ("text" as const),
    path: jobPath(jobId),
  };
  return c.html(jobPage(view, { job, kept, options, live }));
});

jobPages.get("/ui/runs/:runId", async (c) => {
  const runId = c.req.param("runId");
  const [view, run] = await Promise.all([readerView(c), findRun(c.var.places.store, runId)]);
  return run === null ? c.html(unknownRunPage(view, runId), 404) : c.html(runPage(view, run));
});
