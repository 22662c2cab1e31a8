/**
 * A typed client of this receiver, for Node 20 and later, Workers and browsers. It needs nothing but `fetch`, and
 * WebCrypto to verify events. Each call is one request; only `waitForJob`, `changes` and the lists make more, and only
 * `waitForJob` and `changes` try again.
 * "There is no such job" is null. Every other answer that is not what was asked for is a `ReceiverError`. When a
 * connection fails, the call rejects with the error of `fetch`.
 */
import type { Client, ClientOptions, JobPage, RequestOptions } from "./calls.ts";
import { type ChangesPage, followChanges } from "./changes.ts";
import { readError } from "./errors.ts";
import type { Job } from "./job.ts";
import { defaultBackoff } from "./patience.ts";
import type { DeliveryRecord, EventRecord, JobDeliveryRecord, ListedJob, ListedRun, Reparsed, Run } from "./records.ts";
import { isNone, nullIf, type Query, queryOf, readBytes, readJson, segmentOf } from "./request.ts";
import { type Answer, waitUntilTerminal } from "./wait.ts";

export type {
  CallOptions,
  Client,
  ClientOptions,
  DeliveryListFilter,
  EventListFilter,
  ExpectOptions,
  JobListFilter,
  JobPage,
  RequestOptions,
  RunListFilter,
} from "./calls.ts";
export type { ChangesOptions, ChangesPage } from "./changes.ts";
export { JobTimeoutError, ReceiverError } from "./errors.ts";
export type * from "./events.ts";
export {
  isFamily,
  isKnown,
  isModeration,
  isSegmentation,
  isTag,
  type Job,
  type JobOfTag,
  type ModerationJob,
  type OtherJob,
  type OtherTag,
  type SegmentationJob,
  type TaggedJob,
  type UndocumentedJob,
} from "./job.ts";
export type { Backoff } from "./patience.ts";
export type * from "./records.ts";
export {
  EventVerificationError,
  type FetchRequest,
  type PlainRequest,
  type VerificationFault,
  verifyEvent,
  type VerifyOptions,
} from "./verify.ts";
export type { WaitOptions } from "./wait.ts";
export type { Content, ContentNode, TaskReading, Workflow } from "../callback/types.ts";
export type { ProblemCode } from "./problem-codes.ts";
export * from "../results/results.ts";

/** Largest page the receiver gives. */
const PAGE_LIMIT = 100;

/** A page of any list: its items under one name, and the cursor of the page that follows. */
type Page = Readonly<Record<string, unknown>> & { next: string | null };

/**
 * A client of the receiver at `baseUrl`. Throws a `TypeError` if that is not a URL, or the token cannot be sent.
 * @example const client = createClient({ baseUrl: "https://callbacks.example.com", token });
 */
export function createClient({
  baseUrl,
  token,
  fetch: send = globalFetch,
  backoff = defaultBackoff,
}: ClientOptions): Client {
  const { origin, pathname } = new URL(baseUrl);
  const base = origin + pathname.replace(/\/*$/, "/");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("The token is empty, or holds characters that no token can.");

  /** 2xx and 304 are results; everything else is an error. */
  async function ask(
    method: RequestOptions["method"],
    path: string,
    signal?: AbortSignal,
    more: Record<string, string> = {},
    json?: object,
  ): Promise<Response> {
    const type = json === undefined ? {} : { "content-type": "application/json" };
    const headers = { authorization: `Bearer ${token}`, ...type, ...more };
    const body = json === undefined ? null : JSON.stringify(json);
    const response = await send(base + path, { method, headers, body, signal: signal ?? null });
    if (response.ok || response.status === 304) return response;
    throw await readError(response);
  }

  const get = (path: string, signal?: AbortSignal, more?: Record<string, string>) => ask("GET", path, signal, more);
  const getJson = async <T>(path: string, signal?: AbortSignal): Promise<T> => readJson<T>(await get(path, signal));
  const postJson = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
    readJson<T>(await ask("POST", path, signal));

  /** Every item of a list. Each page is asked for when it is needed. */
  async function* itemsOf<T>(path: string, name: string, filter: Query, signal?: AbortSignal) {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = queryOf({ ...filter, limit: PAGE_LIMIT, cursor });
      const page: Page = await getJson(path + query, signal);
      yield* page[name] as T[];
      cursor = page.next;
    }
  }

  return {
    async getJob(jobId, { wait, signal } = {}) {
      return nullIf("job-not-found", getJson<Job>(`jobs/${segmentOf(jobId)}${queryOf({ wait })}`, signal));
    },

    async waitForJob(jobId, options) {
      const path = `jobs/${segmentOf(jobId)}`;
      const ask = async (wait: number, etag: string | null, signal: AbortSignal): Promise<Answer | null> => {
        const response = await get(path + queryOf({ wait }), signal, etag === null ? {} : { "if-none-match": etag });
        if (response.status === 304) return null;
        return { job: await readJson<Job>(response), etag: response.headers.get("etag") };
      };
      return waitUntilTerminal(jobId, (...question) => nullIf("job-not-found", ask(...question)), options, backoff);
    },

    async expect(jobId, { withinSeconds, bucket, region, queueId, tag, userData, signal }) {
      const expectation = { within: withinSeconds, bucket, region, queueId, tag, userData };
      return readJson<Job>(await ask("PUT", `jobs/${segmentOf(jobId)}/expectation`, signal, {}, expectation));
    },

    async cancelExpectation(jobId, { signal } = {}) {
      await ask("DELETE", `jobs/${segmentOf(jobId)}/expectation`, signal);
    },

    async reconcile(jobId, { signal } = {}) {
      return nullIf("job-not-found", postJson<Job>(`jobs/${segmentOf(jobId)}/reconcile`, signal));
    },

    listJobs: (filter = {}, { signal } = {}) => itemsOf<ListedJob>("jobs", "jobs", { ...filter }, signal),

    async listJobsPage(filter = {}, { limit, cursor, signal } = {}) {
      return getJson<JobPage>(`jobs${queryOf({ ...filter, limit, cursor: cursor ?? undefined })}`, signal);
    },

    changes(options = {}) {
      const { limit = PAGE_LIMIT } = options;
      const ask = async (after: string | undefined, wait: number, signal: AbortSignal): Promise<ChangesPage> => {
        const path = `changes${queryOf({ after, limit, wait })}`;
        const { changes, next } = await getJson<{ changes: ListedJob[]; next: string }>(path, signal);
        return { jobs: changes, cursor: next };
      };
      return followChanges(ask, options, backoff);
    },

    async getRaw(jobId, { signal } = {}) {
      return nullIf("job-not-found", get(`jobs/${segmentOf(jobId)}/raw`, signal).then(readBytes));
    },

    async getRun(runId, { signal } = {}) {
      return nullIf("run-not-found", getJson<Run>(`runs/${segmentOf(runId)}`, signal));
    },

    listRuns: (filter = {}, { signal } = {}) => itemsOf<ListedRun>("runs", "runs", { ...filter }, signal),

    async getDelivery(id, { signal } = {}) {
      return nullIf("delivery-not-found", getJson<DeliveryRecord>(`deliveries/${segmentOf(id)}`, signal));
    },

    async getDeliveryRaw(id, { signal } = {}) {
      return nullIf("delivery-not-found", get(`deliveries/${segmentOf(id)}/raw`, signal).then(readBytes));
    },

    listDeliveries: (filter = {}, { signal } = {}) =>
      itemsOf<DeliveryRecord>("deliveries", "deliveries", { ...filter }, signal),

    async *listJobDeliveries(jobId, { signal } = {}) {
      const path = `jobs/${segmentOf(jobId)}/deliveries`;
      try {
        yield* itemsOf<JobDeliveryRecord>(path, "deliveries", {}, signal);
      } catch (error) {
        if (!isNone("job-not-found", error)) throw error;
      }
    },

    async reparse(deliveryId, { signal } = {}) {
      return nullIf("delivery-not-found", postJson<Reparsed>(`deliveries/${segmentOf(deliveryId)}/reparse`, signal));
    },

    listEvents: (filter = {}, { signal } = {}) => itemsOf<EventRecord>("events", "events", { ...filter }, signal),

    async resend(eventId, { signal } = {}) {
      return nullIf("event-not-found", postJson<EventRecord>(`events/${segmentOf(eventId)}/resend`, signal));
    },

    async resendJob(jobId, { signal } = {}) {
      const answer = postJson<{ events: EventRecord[] }>(`jobs/${segmentOf(jobId)}/resend`, signal);
      return (await nullIf("job-not-found", answer))?.events ?? null;
    },
  };
}

/** Looked up at each call, so that a later replacement (a tracer, a polyfill) is used. */
const globalFetch: NonNullable<ClientOptions["fetch"]> = (url, init) => fetch(url, init);
