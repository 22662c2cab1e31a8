/** Look-ups of jobs: one, the bytes behind it, and lists. */
import type { Context } from "hono";
import type * as v from "valibot";
import { READER_VERSION } from "../callback/callback.ts";
import { isFinalRank } from "../callback/state.ts";
import type { Places } from "../intake.ts";
import { findJobInStore, findKnownJob, type FoundJob } from "../lookup.ts";
import { type Problem, ProblemError, problemResponse } from "../problems.ts";
import { type Expectation, type ExpectedJob, isOnlyExpected, type KnownJob } from "../store/expectations.ts";
import type { JobFilter, Page, Position } from "../store/lists.ts";
import type { KeptJob, Store } from "../store/store.ts";
import { UnsupportedError } from "../store/errors.ts";
import { deliveryRecord, isOverdue, jobOf, listedJob } from "../wire.ts";
import { type AppEnv, idOf, NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { rawResponse } from "./raw.ts";
import { JobQuery, JobsQuery, PAGE_LIMIT_MAX, PageQuery } from "./queries.ts";
import { PAGE_MEMBERS } from "./schema-parts.ts";
import { Job as JobSchema, JobDeliveryList, JobList } from "./schemas.ts";
import { poll, watch } from "./wait.ts";

export const jobs = new Routes();
jobs.use(requireToken);

const READ_PROBLEMS = ["invalid-request", "unauthorized", "too-many-requests", "store-unavailable"] as const;

jobs.get("/:jobId", query(JobQuery), async (c) => {
  const jobId = idOf(c, "jobId");
  const { wait } = c.req.valid("query");
  const { places } = c.var;
  if (wait > 0) await waitUntilTerminal(places, jobId, wait, c.req.raw.signal);
  const now = Date.now();
  const unchanged = await findUnchanged(c, jobId, now);
  if (unchanged !== null) return c.body(null, 304, headersOf(unchanged, now));
  const found = await findKnownJob(places, jobId);
  if (found === null) return problemResponse(c, notFound(jobId));
  if (isSpilled(found)) return c.json(jobOf(found, now), 200, NO_STORE);
  const headers = headersOf(found, now);
  return hasSeen(c, headers.etag) ? c.body(null, 304, headers) : c.json(jobOf(found, now), 200, headers);
});

/** Whether only the spill has the record. It gets an ETag when the store has it. */
const isSpilled = (found: FoundJob | ExpectedJob): boolean =>
  !isOnlyExpected(found) && found.delivery.status === "pending";

async function waitUntilTerminal(places: Places, jobId: string, seconds: number, signal: AbortSignal): Promise<void> {
  const isDone = (job: KnownJob | null) => job !== null && !isOnlyExpected(job) && job.summary.terminal;
  const news = await watch(places.store.news, jobId);
  if (isDone(await findKnownJob(places, jobId))) return;
  const firstPauseSeconds = places.store.pollSeconds.wait;
  await poll({ ask: () => findJobInStore(places, jobId), isDone, seconds, firstPauseSeconds, signal, news });
}

/**
 * The job in the store, if its record is the one that the client has, so that no body is read. Only for a final record:
 * of any other the spill may have a later state.
 */
async function findUnchanged(c: Context<AppEnv>, jobId: string, now: number): Promise<KeptJob | null> {
  if (c.req.header("if-none-match") === undefined) return null;
  const kept = await findJobInStore(c.var.places, jobId);
  return kept !== null && isFinalRank(kept.rank) && hasSeen(c, etagOf(kept, now)) ? kept : null;
}

const hasSeen = (c: Context<AppEnv>, etag: string): boolean => {
  const noneMatch = c.req.header("if-none-match");
  return noneMatch !== undefined && matches(noneMatch, etag);
};

const notFound = (jobId: string): Problem => ({ code: "job-not-found", detail: `No callback has named job ${jobId}.` });

/**
 * Changes with everything that the answer depends on: the record, its delivery, the reader, the expectation and the
 * verdict.
 */
function etagOf(job: KnownJob, now: number): string {
  if (isOnlyExpected(job)) return `"${partsOfExpectation(job.expectation, false, now).join(".")}"`;
  const { version, delivery, summary, expectation, verified } = job;
  const { receivedAt, count, hasBytes } = delivery;
  const parts = [version.replaceAll(" ", "."), receivedAt, count, Number(hasBytes), READER_VERSION, job.updatedAt];
  const expected = expectation === null ? [] : partsOfExpectation(expectation, summary.terminal, now);
  return `"${[...parts, Number(verified ?? 2), ...expected].join(".")}"`;
}

const partsOfExpectation = (expectation: Expectation, isTerminal: boolean, now: number): number[] => {
  const { registeredAt, dueAt, changed, knownToCi } = expectation;
  return [registeredAt, dueAt, changed, Number(knownToCi ?? true), Number(isOverdue(expectation, isTerminal, now))];
};

/** RFC 9110 section 13.1.2: weak comparison with each tag of the list. */
const matches = (noneMatch: string, tag: string): boolean =>
  noneMatch.trim() === "*" || noneMatch.split(",").some((other) => other.trim().replace(/^W\//, "") === tag);

const headersOf = (job: KnownJob, now: number) => ({
  etag: etagOf(job, now),
  "cache-control": !isOnlyExpected(job) && job.summary.terminal ? "private, no-cache" : "no-store",
});

jobs.get("/:jobId/raw", async (c) => {
  const jobId = idOf(c, "jobId");
  const found = await findKnownJob(c.var.places, jobId);
  if (found !== null && !isOnlyExpected(found)) return rawResponse(c, found);
  const detail = `Job ${jobId} is expected, and no callback has come yet.`;
  return problemResponse(c, found === null ? notFound(jobId) : { code: "job-not-found", detail });
});

jobs.get("/:jobId/deliveries", query(PageQuery), async (c) => {
  const jobId = idOf(c, "jobId");
  const { limit, cursor } = c.req.valid("query");
  const { places } = c.var;
  const found = await findKnownJob(places, jobId);
  if (found === null) return problemResponse(c, notFound(jobId));
  if (isOnlyExpected(found)) return c.json({ deliveries: [], next: null }, 200, NO_STORE);
  const list = `${places.store.name}:job:${jobId}`;
  const page = await places.store.listDeliveriesOfJob(jobId, limit, decodeCursor(list, cursor));
  const deliveries = page.items.map((item) => ({
    ...deliveryRecord(item),
    isRecord: item.id === found.delivery.id,
    verified: item.verified,
  }));
  return c.json({ deliveries, next: encodeCursor(list, page.next) }, 200, NO_STORE);
});

jobs.get("/", query(JobsQuery), async (c) => {
  const { limit, cursor, ...given } = c.req.valid("query");
  const { store } = c.var.places;
  const { name, pageOf } = listOf(store, given, Date.now());
  const list = `${store.name}:jobs:${name}`;
  const after = decodeCursor(list, cursor);
  if (c.req.header("accept")?.includes(NDJSON) === true) return exportOf(pageOf, after);
  const page = await pageOf(limit, after);
  const next = encodeCursor(list, page.next);
  const link = next === null ? {} : { link: `<${nextPath(c.req.url, next)}>; rel="next"` };
  const now = Date.now();
  return c.json({ jobs: page.items.map((job) => listedJob(job, now)), next }, 200, { ...NO_STORE, ...link });
});

type Given = Omit<v.InferOutput<typeof JobsQuery>, "limit" | "cursor">;
type PageOf = (limit: number, after: Position | null) => Promise<Page<KnownJob>>;

/** The list that is asked for: its name within the store, and its pages. */
function listOf(store: Store, { overdue, ...given }: Given, now: number): { name: string; pageOf: PageOf } {
  const filter = filterOf(given);
  if (overdue === undefined)
    return { name: JSON.stringify(filter), pageOf: (limit, after) => store.listJobs(filter, limit, after) };
  const [other] = Object.keys(filter);
  if (other !== undefined)
    throw new ProblemError({ code: "invalid-request", detail: `overdue and ${other} cannot be given together.` });
  const { expectations } = store;
  if (expectations === null) throw new UnsupportedError("expectations");
  return { name: "overdue", pageOf: (limit, after) => expectations.listOverdue(limit, after, now) };
}

/** The filters that were given, sorted, so that the same filters make the same name. */
const filterOf = (given: Omit<Given, "overdue">): JobFilter =>
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

/** All pages, one after the other, as the client reads them: never more than one in memory. */
async function exportOf(pageOf: PageOf, after: Position | null): Promise<Response> {
  let page = await pageOf(PAGE_LIMIT_MAX, after);
  const lines = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const now = Date.now();
      const text = page.items.map((job) => `${JSON.stringify(listedJob(job, now))}\n`).join("");
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      if (page.next === null) controller.close();
      else page = await pageOf(PAGE_LIMIT_MAX, page.next);
    },
  });
  return new Response(lines, { headers: { "content-type": NDJSON, "cache-control": "no-store" } });
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /jobs/{jobId}": {
    operationId: "getJob",
    summary: "What became of a job",
    description:
      "Answers at once. With `wait`, answers when the job is terminal, or after that many seconds with the job as it is. " +
      "`ETag` changes exactly when the answer does. A cache may store only the answer about a terminal job, and must validate it.",
    answers: {
      200: { description: "The job.", schema: JobSchema },
      304: { description: "The job is as it was when `If-None-Match` was given." },
    },
    problems: ["job-not-found", "corrupt-bytes", ...READ_PROBLEMS],
    needsToken: true,
    query: JobQuery,
    members: { wait: "Whole seconds, 0 to 60, to wait for the job to be terminal." },
  },
  "GET /jobs/{jobId}/raw": {
    operationId: "getJobRaw",
    summary: "The exact bytes of the delivery behind a job",
    answers: { 200: { description: "The bytes, as the media type they came with.", media: ["*/*"] } },
    problems: ["job-not-found", "bytes-gone", "corrupt-bytes", ...READ_PROBLEMS.slice(1)],
    needsToken: true,
  },
  "GET /jobs/{jobId}/deliveries": {
    operationId: "listJobDeliveries",
    summary: "Every delivery that named a job, last received first",
    description:
      "`isRecord` marks the one behind the job's record. `verified` is what CI said about each, even if another one is behind the record by now.",
    answers: { 200: { description: "A page of deliveries.", schema: JobDeliveryList } },
    problems: ["job-not-found", "corrupt-bytes", ...READ_PROBLEMS],
    needsToken: true,
    query: PageQuery,
    members: PAGE_MEMBERS,
  },
  "GET /jobs": {
    operationId: "listJobs",
    summary: "Jobs, newest first",
    description:
      "A job has its place by the first delivery that named it, and keeps it. So a walk by `cursor` meets each job once, whatever arrives. " +
      "With a filter by tag, bucket, queue or `state=Success` a page may be shorter than `limit`, even empty, and have a `next`: continue with that. " +
      "`overdue=true` lists overdue jobs instead, the longest due first. " +
      "With `Accept: application/x-ndjson` the whole list comes, one JSON object a line.",
    answers: { 200: { description: "A page of jobs, without their detail.", schema: JobList } },
    problems: ["not-supported-by-store", ...READ_PROBLEMS],
    needsToken: true,
    query: JobsQuery,
    members: {
      state: "Such as `Success`, `Failed`, `Cancel`, `Running`.",
      tag: "The job type, such as `WordsGeneralize`. Moderation has no tag: give its event, such as `ReviewImage`.",
      bucket: "`BucketId` of the input.",
      object: "`Object` of the input, the whole key.",
      runId: "The workflow run that started the job.",
      userData: "`UserData` as it was given when the job was submitted.",
      receivedAfter: "First heard of after this time: ISO 8601 with a zone, or a date.",
      receivedBefore: "First heard of before this time.",
      verified:
        "`false`: jobs whose callback CI disputes. `true`: jobs that CI has confirmed, or that are CI's own answer.",
      overdue:
        "Announced jobs that have not ended in time, the longest due first. Cannot be combined with other filters.",
      ...PAGE_MEMBERS,
    },
  },
});
