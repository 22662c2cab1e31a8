/** The options of the client, its calls, and their filters. */
import type { ChangesOptions, ChangesPage } from "./changes.ts";
import type { Job } from "./job.ts";
import type { Backoff } from "./patience.ts";
import type { DeliveryRecord, EventRecord, JobDeliveryRecord, ListedJob, ListedRun, Reparsed, Run } from "./records.ts";
import type { WaitOptions } from "./wait.ts";

export interface ClientOptions {
  /** Where the receiver is, such as `https://callbacks.example.com`. */
  baseUrl: string | URL;
  /** One of the receiver's LOOKUP_TOKENS. */
  token: string;
  /** Used instead of the global `fetch`: that of a service binding, or one with a proxy or tracing. */
  fetch?: (url: string, init: RequestOptions) => Promise<Response>;
  /** The pauses of `waitForJob` and `changes`. Unless given: half a second, doubling to 16, with jitter. */
  backoff?: Backoff;
}

export interface RequestOptions {
  method: "GET" | "POST" | "PUT" | "DELETE";
  headers: Record<string, string>;
  /** JSON; null if there is none. */
  body: string | null;
  signal: AbortSignal | null;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** Selects the jobs that match all of these. A date as text is ISO 8601. */
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
  /** `false`: jobs whose callback CI disputes. `true`: jobs that CI has confirmed, or that are CI's own answer. */
  verified?: boolean | undefined;
  /**
   * `true`: announced jobs that have not ended in time, the longest due first. Cannot be combined with other filters.
   */
  overdue?: true | undefined;
}

/** An announcement of a job. */
export interface ExpectOptions {
  /** How soon the callback should come: whole seconds, 1 to 2,592,000 (30 days). */
  withinSeconds: number;
  /** With `region`, the place where CI can be asked about the job. */
  bucket?: string | undefined;
  region?: string | undefined;
  queueId?: string | undefined;
  tag?: string | undefined;
  userData?: string | undefined;
}

/** Selects workflow runs. */
export interface RunListFilter {
  state?: string | undefined;
  workflowId?: string | undefined;
}

/** Selects deliveries. */
export interface DeliveryListFilter {
  status?: DeliveryRecord["status"] | undefined;
}

/** Selects events. */
export interface EventListFilter {
  status?: EventRecord["status"] | undefined;
  jobId?: string | undefined;
  type?: EventRecord["type"] | undefined;
}

export interface JobPage {
  jobs: ListedJob[];
  /** Give it as `cursor` to get the next page; null on the last page. */
  next: string | null;
}

export interface Client {
  /**
   * The job as it is now; null if no callback has named it and it was not announced. With `wait` (whole seconds, up to
   * 60), the answer comes when the job is terminal or the time is up.
   * @example const job = await client.getJob("a2f…", { wait: 30 });
   */
  getJob(jobId: string, options?: CallOptions & { wait?: number | undefined }): Promise<Job | null>;

  /**
   * Waits until the job is terminal, and gives it: look at its `state` for how it ended. Also waits for a job that no
   * callback has named yet, and through outages. Rejects with a `JobTimeoutError` at the deadline, with the signal's
   * reason if it aborts, and with a `ReceiverError` if waiting does not help, such as `unauthorized`.
   * @example const job = await client.waitForJob("a2f…", { timeoutSeconds: 600 });
   */
  waitForJob(jobId: string, options: WaitOptions): Promise<Job>;

  /**
   * Announces a job that you have submitted. If it has not ended when the time is up, it is overdue: it is listed, your
   * system is told, and if the receiver has keys, it asks CI. Announcing it again renews the announcement. It does no
   * harm if the job has already ended. Gives the job.
   * @example await client.expect("a2f…", { withinSeconds: 3600, bucket: "b-1250000000", region: "ap-chongqing" });
   */
  expect(jobId: string, options: ExpectOptions & CallOptions): Promise<Job>;

  /**
   * Takes the announcement of a job back. What callbacks have told about the job stays.
   * @example await client.cancelExpectation("a2f…");
   */
  cancelExpectation(jobId: string, options?: CallOptions): Promise<void>;

  /**
   * Has the receiver ask CI about a job now, and gives the job as it is then; null if no callback has named it and it
   * was not announced. Rejects with `ci-not-configured` if the receiver has no keys, and with `ci-unavailable` if CI
   * does not tell.
   * @example const job = await client.reconcile("a2f…");
   */
  reconcile(jobId: string, options?: CallOptions): Promise<Job | null>;

  /**
   * All jobs that match, last received first, page after page.
   * @example for await (const job of client.listJobs({ state: "Failed" })) console.log(job.jobId, job.message);
   */
  listJobs(filter?: JobListFilter, options?: CallOptions): AsyncIterable<ListedJob>;

  /**
   * One page of the jobs that match: `limit` is 1 to 100, 20 unless given.
   * @example const { jobs, next } = await client.listJobsPage({ tag: "WordsGeneralize" }, { limit: 50 });
   */
  listJobsPage(
    filter?: JobListFilter,
    options?: CallOptions & { limit?: number | undefined; cursor?: string | null | undefined },
  ): Promise<JobPage>;

  /**
   * Follows all jobs: gives every job that changed since the cursor `after`, oldest change first, as it is at that
   * moment. Without `after` it begins now; with `"start"` at the very beginning. It long-polls and continues through
   * outages. It ends when you stop reading, with the signal's reason if it aborts, or with a `ReceiverError` if waiting
   * does not help. Keep `cursor` once you are done with a page, and give it as `after` the next time: a job may come
   * again, but none is missed. The first page comes at once, even if it has no job, so that there is a cursor to keep.
   * @example for await (const { jobs, cursor } of client.changes({ after: await load() })) { handle(jobs); await save(cursor); }
   */
  changes(options?: ChangesOptions): AsyncIterable<ChangesPage>;

  /**
   * The exact bytes of the callback behind a job; null if no callback has named it. If retention has deleted the bytes,
   * rejects with a `ReceiverError` with code `bytes-gone`.
   * @example const xml = new TextDecoder().decode((await client.getRaw("a2f…")) ?? undefined);
   */
  getRaw(jobId: string, options?: CallOptions): Promise<Uint8Array | null>;

  /**
   * A workflow run with its jobs; null if no callback has named it.
   * @example const run = await client.getRun("i166…");
   */
  getRun(runId: string, options?: CallOptions): Promise<Run | null>;

  /**
   * What is known about one delivery; null if there is none with that id.
   * @example const delivery = await client.getDelivery("9f2c…");
   */
  getDelivery(id: string, options?: CallOptions): Promise<DeliveryRecord | null>;

  /**
   * The exact bytes of one delivery; null if there is none with that id. If retention has deleted the bytes, rejects
   * with a `ReceiverError` with code `bytes-gone`.
   * @example const bytes = await client.getDeliveryRaw(delivery.id);
   */
  getDeliveryRaw(id: string, options?: CallOptions): Promise<Uint8Array | null>;

  /**
   * All deliveries, or those of one status, last received first.
   * @example for await (const { id, reason } of client.listDeliveries({ status: "quarantined" })) console.log(id, reason);
   */
  listDeliveries(filter?: DeliveryListFilter, options?: CallOptions): AsyncIterable<DeliveryRecord>;

  /**
   * Every delivery that named the job, last received first; none if no callback has named it.
   * @example for await (const { id, isRecord } of client.listJobDeliveries("a2f…")) console.log(id, isRecord);
   */
  listJobDeliveries(jobId: string, options?: CallOptions): AsyncIterable<JobDeliveryRecord>;

  /**
   * Has the receiver read a kept delivery again; null if there is none with that id. Running it twice changes nothing
   * more.
   * @example const { status, reason } = (await client.reparse(delivery.id)) ?? {};
   */
  reparse(deliveryId: string, options?: CallOptions): Promise<Reparsed | null>;

  /**
   * All workflow runs that match and whose end a callback has told, last received first.
   * @example for await (const { runId } of client.listRuns({ state: "Failed" })) console.log(runId);
   */
  listRuns(filter?: RunListFilter, options?: CallOptions): AsyncIterable<ListedRun>;

  /**
   * All events that match, newest first: what your system was told, or is still to be told.
   * @example for await (const { id, lastError } of client.listEvents({ status: "failed" })) console.log(id, lastError);
   */
  listEvents(filter?: EventListFilter, options?: CallOptions): AsyncIterable<EventRecord>;

  /**
   * Sends an event again at once, with the same `webhook-id`; null if there is none with that id.
   * @example await client.resend("evt_5e0c…");
   */
  resend(eventId: string, options?: CallOptions): Promise<EventRecord | null>;

  /**
   * Tells every endpoint of a job as it is now; null if no callback has named it. Gives the events, one for each
   * endpoint.
   * @example const events = await client.resendJob("a2f…");
   */
  resendJob(jobId: string, options?: CallOptions): Promise<EventRecord[] | null>;
}
