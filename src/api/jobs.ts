/** Look-ups of jobs: one, the bytes behind it, and lists. */
import { type Context, Hono } from "hono";
import type * as v from "valibot";
import { READER_VERSION } from "../callback/callback.ts";
import type { Places } from "../intake.ts";
import { findJob, findJobInStore } from "../lookup.ts";
import { type Problem, problemResponse } from "../problems.ts";
import type { JobFilter, KeptJob, Position, Store } from "../store/store.ts";
import { deliveryRecord, jobOf, listedJob } from "../wire.ts";
import { type AppEnv, idOf, NO_STORE, requireToken } from "./context.ts";
import { describe, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { rawResponse } from "./raw.ts";
import { JobQuery, JobsQuery, PAGE_LIMIT_MAX, PageQuery } from "./queries.ts";
import { Job as JobSchema, JobDeliveryList, JobList } from "./schemas.ts";
import { poll, watch } from "./wait.ts";

export const jobs = new Hono<AppEnv>();
jobs.use(requireToken);

const READ_PROBLEMS = ["invalid-request", "unauthorized", "too-many-requests", "store-unavailable"] as const;

jobs.get(
  "/:jobId",
  describe({
    operationId: "getJob",
    summary: "What became of a job",
    description:
      "Answers at once, or, with `wait`, when the job is terminal or the seconds are up, with what there is then. " +
      "`ETag` changes exactly when the answer does; nothing but the answer for a terminal job may be stored by a cache, and that only to be validated.",
    answers: {
      200: { description: "The job.", schema: JobSchema },
      304: { description: "The job is as it was when `If-None-Match` was given." },
    },
    problems: ["job-not-found", "corrupt-bytes", ...READ_PROBLEMS],
    needsToken: true,
  }),
  query(JobQuery),
  async (c) => {
    const jobId = idOf(c, "jobId");
    const { wait } = c.req.valid("query");
    const { places } = c.var;
    if (wait > 0) await waitUntilTerminal(places, jobId, wait, c.req.raw.signal);
    const unchanged = await findUnchanged(c, jobId);
    if (unchanged !== null) return c.body(null, 304, headersOf(unchanged));
    const found = await findJob(places, jobId);
    if (found === null) return problemResponse(c, notFound(jobId));
    return c.json(jobOf(found), 200, found.delivery.status === "pending" ? NO_STORE : headersOf(found));
  },
);

async function waitUntilTerminal(places: Places, jobId: string, seconds: number, signal: AbortSignal): Promise<void> {
  const isDone = (job: KeptJob | null) => job?.summary.terminal === true;
  const news = await watch(places.store.news, jobId);
  if (isDone(await findJob(places, jobId))) return;
  const firstPauseSeconds = places.store.pollSeconds.wait;
  await poll({ ask: () => findJobInStore(places, jobId), isDone, seconds, firstPauseSeconds, signal, news });
}

/** The job as the store has it, where that is what the client has too: then no body is read. */
async function findUnchanged(c: Context<AppEnv>, jobId: string): Promise<KeptJob | null> {
  const noneMatch = c.req.header("if-none-match");
  if (noneMatch === undefined) return null;
  const kept = await findJobInStore(c.var.places, jobId);
  return kept !== null && matches(noneMatch, etagOf(kept)) ? kept : null;
}

const notFound = (jobId: string): Problem => ({ code: "job-not-found", detail: `No callback has named job ${jobId}.` });

/** Names all that makes the answer: the record, the delivery behind it, and the reader. */
function etagOf({ version, delivery: { receivedAt, count, hasBytes } }: KeptJob): string {
  const parts = [version.replaceAll(" ", "."), receivedAt, count, Number(hasBytes), READER_VERSION];
  return `"${parts.join(".")}"`;
}

/** RFC 9110 section 13.1.2: weak comparison with each tag in the list. */
const matches = (noneMatch: string, tag: string): boolean =>
  noneMatch.trim() === "*" || noneMatch.split(",").some((other) => other.trim().replace(/^W\//, "") === tag);

const headersOf = (kept: KeptJob) => ({
  etag: etagOf(kept),
  "cache-control": kept.summary.terminal ? "private, no-cache" : "no-store",
});

jobs.get(
  "/:jobId/raw",
  describe({
    operationId: "getJobRaw",
    summary: "The exact bytes of the delivery behind a job",
    answers: { 200: { description: "The bytes, as the media type they came with.", media: ["*/*"] } },
    problems: ["job-not-found", "bytes-gone", "corrupt-bytes", ...READ_PROBLEMS.slice(1)],
    needsToken: true,
  }),
  async (c) => {
    const jobId = idOf(c, "jobId");
    const found = await findJob(c.var.places, jobId);
    return found === null ? problemResponse(c, notFound(jobId)) : rawResponse(c, found);
  },
);

jobs.get(
  "/:jobId/deliveries",
  describe({
    operationId: "listJobDeliveries",
    summary: "Every delivery that named a job, last received first",
    description: "`isRecord` marks the one behind the job's record.",
    answers: { 200: { description: "A page of deliveries.", schema: JobDeliveryList } },
    problems: ["job-not-found", "corrupt-bytes", ...READ_PROBLEMS],
    needsToken: true,
  }),
  query(PageQuery),
  async (c) => {
    const jobId = idOf(c, "jobId");
    const { limit, cursor } = c.req.valid("query");
    const { places } = c.var;
    const found = await findJob(places, jobId);
    if (found === null) return problemResponse(c, notFound(jobId));
    const list = `${places.store.name}:job:${jobId}`;
    const page = await places.store.listDeliveriesOfJob(jobId, limit, decodeCursor(list, cursor));
    const deliveries = page.items.map((item) => ({
      ...deliveryRecord(item),
      isRecord: item.id === found.delivery.id,
    }));
    return c.json({ deliveries, next: encodeCursor(list, page.next) }, 200, NO_STORE);
  },
);

jobs.get(
  "/",
  describe({
    operationId: "listJobs",
    summary: "Jobs, last received first",
    description:
      "A job has its place from the first delivery that named it and keeps it, so a walk by `cursor` meets none twice and misses none, whatever arrives. " +
      "Filtered by tag, bucket, queue or `state=Success` a page may be shorter than `limit`, even empty, with `next` not null: go on with it. " +
      "With `Accept: application/x-ndjson` the whole list comes as one JSON object a line.",
    answers: { 200: { description: "A page of jobs, without their detail.", schema: JobList } },
    problems: ["not-supported-by-store", ...READ_PROBLEMS],
    needsToken: true,
  }),
  query(JobsQuery),
  async (c) => {
    const { limit, cursor, ...given } = c.req.valid("query");
    const { store } = c.var.places;
    const filter = filterOf(given);
    const list = `${store.name}:jobs:${JSON.stringify(filter)}`;
    const after = decodeCursor(list, cursor);
    if (c.req.header("accept")?.includes(NDJSON) === true) return exportOf(store, filter, after);
    const page = await store.listJobs(filter, limit, after);
    const next = encodeCursor(list, page.next);
    const link = next === null ? {} : { link: `<${nextPath(c.req.url, next)}>; rel="next"` };
    return c.json({ jobs: page.items.map(listedJob), next }, 200, { ...NO_STORE, ...link });
  },
);

/** The filters that were given, in one order, so that they name the list. */
const filterOf = (given: Omit<v.InferOutput<typeof JobsQuery>, "limit" | "cursor">): JobFilter =>
  Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

function nextPath(url: string, cursor: string): string {
  const next = new URL(url);
  next.searchParams.set("cursor", cursor);
  return next.pathname + next.search;
}

const NDJSON = "application/x-ndjson";

/** Every page in turn, as the reader takes them: never more than one in memory. */
async function exportOf(store: Store, filter: JobFilter, after: Position | null): Promise<Response> {
  let page = await store.listJobs(filter, PAGE_LIMIT_MAX, after);
  const lines = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const text = page.items
        .map(listedJob)
        .map((job) => `${JSON.stringify(job)}\n`)
        .join("");
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      if (page.next === null) controller.close();
      else page = await store.listJobs(filter, PAGE_LIMIT_MAX, page.next);
    },
  });
  return new Response(lines, { headers: { "content-type": NDJSON, "cache-control": "no-store" } });
}
