/**
 * A typed client of this receiver's look-ups, for Node 20 and later, Workers and browsers. It needs nothing but `fetch`.
 * Each call is one request; only `waitForJob` and `listJobs` make more, and only `waitForJob` tries again.
 * "There is no such job" is null. Every other answer that is not what was asked for is a `ReceiverError`. When a
 * connection fails, the call rejects with the error of `fetch`.
 */
import type { DeliveryRecord, ListedJob, Run } from "../wire.ts";
import { ReceiverError, readError } from "./errors.ts";
import type { Job } from "./job.ts";
import { type Answer, type Backoff, defaultBackoff, waitUntilTerminal, type WaitOptions } from "./wait.ts";
import type { ProblemCode } from "./problem-codes.ts";

export type { DeliveryRecord, JobDelivery, ListedJob, Run } from "../wire.ts";
export { JobTimeoutError, ReceiverError } from "./errors.ts";
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
export type { Backoff, WaitOptions } from "./wait.ts";
export type { Content, ContentNode, TaskReading, Workflow } from "../callback/types.ts";
export type { ProblemCode } from "./problem-codes.ts";
export * from "../results/results.ts";

export interface ClientOptions {
  /** Where the receiver is, such as `https://callbacks.example.com`. */
  baseUrl: string | URL;
  /** One of the receiver's LOOKUP_TOKENS. */
  token: string;
  /** Used instead of the global `fetch`: a service binding's, one through a proxy, one that traces. */
  fetch?: (url: string, init: RequestOptions) => Promise<Response>;
  /** How long `waitForJob` pauses before it tries again; half a second, doubling to 16, with jitter, unless given. */
  backoff?: Backoff;
}

export interface RequestOptions {
  headers: Record<string, string>;
  signal: AbortSignal | null;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** Which jobs a list is about: those that match all of it. A date as text is ISO 8601. */
export interface JobListFilter {
  state?: string | undefined;
  tag?: string | undefined;
  bucket?: string | undefined;
  object?: string | undefined;
  queueId?: string | undefined;
  runId?: string | undefined;
  userData?: string | undefined;
  receivedAfter?: Date | string | undefined;
  receivedBefore?: Date | string | undefined;
}

export interface JobPage {
  jobs: ListedJob[];
  /** Give it as `cursor` for the page that follows; null on the last one. */
  next: string | null;
}

export interface Client {
  /**
   * The job, as it is known now; null where no callback has named it. With `wait`, whole seconds up to 60, the
   * answer comes when the job is terminal or the seconds are up.
   * @example const job = await client.getJob("a2f…", { wait: 30 });
   */
  getJob(jobId: string, options?: CallOptions & { wait?: number | undefined }): Promise<Job | null>;

  /**
   * The job, when it is terminal: look at its `state` for how it ended. Waits also for a job that no callback has
   * named yet, and through outages. Rejects with a `JobTimeoutError` at the deadline, with the signal's reason when
   * it aborts, and with a `ReceiverError` that waiting does not help, such as `unauthorized`.
   * @example const job = await client.waitForJob("a2f…", { timeoutSeconds: 600 });
   */
  waitForJob(jobId: string, options: WaitOptions): Promise<Job>;

  /**
   * All jobs that match, last received first, page after page.
   * @example for await (const job of client.listJobs({ state: "Failed" })) console.log(job.jobId, job.message);
   */
  listJobs(filter?: JobListFilter, options?: CallOptions): AsyncIterable<ListedJob>;

  /**
   * One page of them: `limit` 1 to 100, 20 unless given.
   * @example const { jobs, next } = await client.listJobsPage({ tag: "WordsGeneralize" }, { limit: 50 });
   */
  listJobsPage(
    filter?: JobListFilter,
    options?: CallOptions & { limit?: number | undefined; cursor?: string | null | undefined },
  ): Promise<JobPage>;

  /**
   * The exact bytes of the callback behind a job; null where no callback has named it. Bytes that have passed
   * their retention are a `ReceiverError` with code `bytes-gone`.
   * @example const xml = new TextDecoder().decode((await client.getRaw("a2f…")) ?? undefined);
   */
  getRaw(jobId: string, options?: CallOptions): Promise<Uint8Array | null>;

  /**
   * A workflow run with its jobs; null where no callback has named it.
   * @example const run = await client.getRun("i166…");
   */
  getRun(runId: string, options?: CallOptions): Promise<Run | null>;

  /**
   * What is known of one delivery; null where there is none of that id.
   * @example const delivery = await client.getDelivery(job.delivery.id);
   */
  getDelivery(id: string, options?: CallOptions): Promise<DeliveryRecord | null>;
}

/** Largest page the receiver gives. */
const PAGE_LIMIT = 100;

/**
 * A client of the receiver at `baseUrl`. Throws a `TypeError` where that is no URL or the token no token.
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

  /** 2xx and 304 are answers; all else is an error. */
  async function get(path: string, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...more };
    const response = await send(base + path, { headers, signal: signal ?? null });
    if (response.ok || response.status === 304) return response;
    throw await readError(response);
  }

  const getJson = async <T>(path: string, signal?: AbortSignal): Promise<T> => readJson<T>(await get(path, signal));

  const client: Client = {
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

    async *listJobs(filter = {}, { signal } = {}) {
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page: JobPage = await client.listJobsPage(filter, { limit: PAGE_LIMIT, cursor, signal });
        yield* page.jobs;
        cursor = page.next;
      }
    },

    async listJobsPage(filter = {}, { limit, cursor, signal } = {}) {
      return getJson<JobPage>(`jobs${queryOf({ ...filter, limit, cursor: cursor ?? undefined })}`, signal);
    },

    async getRaw(jobId, { signal } = {}) {
      return nullIf("job-not-found", get(`jobs/${segmentOf(jobId)}/raw`, signal).then(readBytes));
    },

    async getRun(runId, { signal } = {}) {
      return nullIf("run-not-found", getJson<Run>(`runs/${segmentOf(runId)}`, signal));
    },

    async getDelivery(id, { signal } = {}) {
      return nullIf("delivery-not-found", getJson<DeliveryRecord>(`deliveries/${segmentOf(id)}`, signal));
    },
  };
  return client;
}

/** Looked up at each call, so that what replaces it later (a tracer, a polyfill) is used. */
const globalFetch: NonNullable<ClientOptions["fetch"]> = (url, init) => fetch(url, init);

/** An id as one segment of a path. A URL takes the dots for directories, however they are escaped. */
function segmentOf(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new TypeError(`"${id}" is no id.`);
  return encodeURIComponent(id);
}

function queryOf(parameters: Record<string, string | number | Date | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value instanceof Date ? value.toISOString() : String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

async function nullIf<T>(code: ProblemCode, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ReceiverError && error.code === code) return null;
    throw error;
  }
}

async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ReceiverError(response.status, { detail: "The answer is not JSON. Is there a receiver at baseUrl?" });
  }
}

const readBytes = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());
