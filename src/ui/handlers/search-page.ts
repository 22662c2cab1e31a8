/** The search of every page: by JobId, object or the beginning of one, user data, run, and delivery. */
import { Routes } from "../../api/routes.ts";
import { findDelivery, findKnownJob, findRun, type FoundJob } from "../../lookup.ts";
import { type ExpectedJob, isOnlyExpected } from "../../store/expectations.ts";
import type { KeptJob, Store } from "../../store/store.ts";
import { listedJob } from "../../wire.ts";
import { deliveryPath, jobPath, runPath } from "../view.ts";
import type { ShownJob } from "../views/job-row.ts";
import { type Finding, JOBS_FOUND, searchPage } from "../views/search.ts";
import { readerView } from "./page.ts";
import { withVerdicts } from "./verdicts.ts";

export const searchPages = new Routes();

/** A longer text is no id and no key of an object: COS takes 850 bytes. */
const SEARCH_CHARACTERS = 1_024;

/** To the page of what was searched for, where that is one thing; else to choose from what was found. */
searchPages.get("/ui/find", async (c) => {
  const text = (c.req.query("q") ?? "").trim().slice(0, SEARCH_CHARACTERS);
  if (text === "") return c.redirect("/", 303);
  const { places } = c.var;
  const [job, run, delivery, findings] = await Promise.all([
    findKnownJob(places, text),
    findRun(places, text),
    findDelivery(places, text.toLowerCase()),
    findingsOf(places.store, text),
  ]);
  const paths = new Set([
    ...(job === null ? [] : [jobPath(text)]),
    ...(run === null ? [] : [runPath(text)]),
    ...(delivery === null ? [] : [deliveryPath(delivery.id)]),
    ...findings.flatMap(({ jobs }) => jobs.map((shown) => jobPath(shown.job.jobId))),
  ]);
  const [only] = paths;
  if (only !== undefined && paths.size === 1) return c.redirect(only, 303);
  const view = await readerView(c);
  const shown = job === null ? null : await shownJob(places.store, job, view.now);
  const hasExpectations = places.store.expectations !== null;
  const found = { text, job: shown, runId: run === null ? null : text, delivery, findings, hasExpectations };
  return c.html(searchPage({ ...view, search: text }, found), only === undefined ? 404 : 200);
});

async function shownJob(store: Store, job: FoundJob | ExpectedJob, now: number): Promise<ShownJob | null> {
  if (isOnlyExpected(job)) return { job: listedJob(job, now) };
  return (await withVerdicts(store, [job], now))[0] ?? null;
}

async function findingsOf(store: Store, text: string): Promise<Finding[]> {
  const [byObject, byPrefix, byUserData] = await Promise.all([
    jobsBy(store, "object", text),
    store.listJobsByObject(text, JOBS_FOUND),
    jobsBy(store, "userData", text),
  ]);
  const found = [
    ["object", byObject],
    ["prefix", byPrefix],
    ["userData", byUserData],
  ] as const;
  return Promise.all(found.map(async ([by, jobs]) => ({ by, jobs: await withVerdicts(store, jobs, Date.now()) })));
}

/** None where the store has no such filter. */
async function jobsBy(store: Store, name: "object" | "userData", value: string): Promise<KeptJob[]> {
  if (!store.filters.includes(name)) return [];
  return (await store.listJobs({ [name]: value }, JOBS_FOUND, null)).items;
}
