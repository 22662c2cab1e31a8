/**
 * The client of CI's API: asks about a job, and lists the jobs of a queue, by signed GET. Every failure is a value.
 * The keys go to the endpoint's host and nowhere else, and neither into a failure nor into a log.
 */
import { decodeBytes } from "../callback/callback.ts";
import { fail, ok, type Result } from "../callback/result.ts";
import type { JobReading } from "../callback/types.ts";
import { readAnswer, type CiAnswer } from "./answer.ts";
import {
  ANSWER_MILLISECONDS,
  BEGINNING_BYTES,
  LIST_SIZE,
  MESSAGE_CHARACTERS,
  SIGNATURE_SECONDS,
  SIGNED_BEFORE_SECONDS,
} from "./limits.ts";
import { type AskedJob, LIST_PATH, pathsOf } from "./paths.ts";
import { readBody } from "./read-body.ts";
import { signRequest, type SigningKeys } from "./sign.ts";
import type { Place } from "./queues.ts";
import { type Parameters, type Targets, urlOf } from "./target.ts";

export interface CiSettings extends SigningKeys, Targets {}

/** What requests are made with. */
export interface CiMeans {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Largest answer that is read, in bytes. */
  maxBytes: number;
  /** How long CI may take to answer, in milliseconds. Default `ANSWER_MILLISECONDS`. */
  answerMilliseconds?: number;
}

/** Why there is no answer. `requestId` is CI's `x-ci-request-id`, null where none came. */
export type CiFailure =
  /** Nothing was sent: `reason` says why this bucket may not be asked. */
  | { kind: "not-allowed-host"; reason: string }
  /** Asked too often. `retryAfterSeconds` is null where CI does not say for how long to wait. */
  | { kind: "slow-down"; retryAfterSeconds: number | null; requestId: string | null }
  /** Any other 4xx, or an `Error` in a 2xx: keys, permissions, clock or parameters. With CI's own code and message. */
  | { kind: "denied"; status: number; code: string | null; message: string | null; requestId: string | null }
  | {
      kind: "server-error";
      status: number;
      code: string | null;
      message: string | null;
      retryAfterSeconds: number | null;
      requestId: string | null;
    }
  /** No connection, or one that broke. */
  | { kind: "unreachable" }
  | { kind: "timeout" }
  | {
      kind: "too-large";
      limitBytes: number;
      /** The first `BEGINNING_BYTES` of the answer, as text. Not for a log. */
      beginning: string;
      requestId: string | null;
    }
  /** Something else than CI's XML, a redirect among it. */
  | { kind: "malformed"; status: number; reason: string; requestId: string | null };

/** What CI says of one job. */
export interface Described {
  /** CI's answer, character for character: encoded as UTF-8, its exact bytes. Of several, the last. */
  body: string;
  requestId: string | null;
  /** Null where CI does not know the job. */
  job: JobReading | null;
}

export interface ListQuery extends Place {
  queueId: string;
  tag: string;
  /**
   * Bounds of the creation time, in milliseconds since 1970; null for none. CI compares whole seconds, and takes jobs
   * created after `start` and before `end`: its documentation includes neither. `start` is rounded down, `end` up.
   */
  start: number | null;
  end: number | null;
  /** Jobs on a page, up to `LIST_SIZE`. */
  size: number;
  /** From the page before; null for the first. */
  nextToken: string | null;
  /** By creation time. */
  order: "Asc" | "Desc";
}

/** One page of a list. */
export interface Listed {
  /** CI's answer, character for character. */
  body: string;
  requestId: string | null;
  /** In full, as a `describe` gives them. */
  jobs: JobReading[];
  /** Null on the last page. */
  nextToken: string | null;
}

export interface CiClient {
  /** One request, or a second where the path of the id's own service does not know it: `DESCRIBE_REQUESTS`. */
  describe(place: Place, job: AskedJob): Promise<Result<Described, CiFailure>>;
  /** One request. */
  list(query: ListQuery): Promise<Result<Listed, CiFailure>>;
}

export function ciClient(settings: CiSettings, means: CiMeans): CiClient {
  const ask = (place: Place, path: string, parameters: Parameters = []) =>
    request(settings, means, place, path, parameters);
  return {
    async describe(place, asked) {
      let answer: Result<Answered, CiFailure> | null = null;
      for (const path of pathsOf(asked)) {
        answer = await ask(place, path);
        if (!answer.ok) return answer;
        const { body, requestId, jobs } = answer.value;
        const job = jobs.find(({ jobId }) => jobId === asked.jobId);
        if (job !== undefined) return ok({ body, requestId, job });
      }
      const { body, requestId } = (answer as { value: Answered }).value;
      return ok({ body, requestId, job: null });
    },
    async list(query) {
      const answer = await ask(query, LIST_PATH, parametersOf(query));
      if (!answer.ok) return answer;
      const { body, requestId, jobs, nextToken, error, status } = answer.value;
      return error === null ? ok({ body, requestId, jobs, nextToken }) : fail({ kind: "denied", status, ...error });
    },
  };
}

function parametersOf({ queueId, tag, start, end, size, nextToken, order }: ListQuery): Parameters {
  const seconds = (round: (number: number) => number, time: number | null) =>
    time === null ? null : toCiTime(round(time / 1000) * 1000);
  const parameters: readonly (readonly [string, string | null])[] = [
    ["queueId", queueId],
    ["tag", tag],
    ["startCreationTime", seconds(Math.floor, start)],
    ["endCreationTime", seconds(Math.ceil, end)],
    ["size", String(Math.min(size, LIST_SIZE))],
    ["orderByTime", order],
    ["nextToken", nextToken],
  ];
  return parameters.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

const BEIJING_MILLISECONDS = 8 * 3_600_000;

/** `2022-07-25T16:35:39+0800`, in the zone in which CI's pages show times. */
const toCiTime = (time: number): string => `${new Date(time + BEIJING_MILLISECONDS).toISOString().slice(0, 19)}+0800`;

/** An answer of CI's: a 2xx, or a 404 with an `Error`, which says that there is no such job. */
interface Answered extends CiAnswer {
  status: number;
  body: string;
  requestId: string | null;
}

async function request(
  settings: CiSettings,
  { fetch, now, maxBytes, answerMilliseconds = ANSWER_MILLISECONDS }: CiMeans,
  place: Place,
  path: string,
  parameters: Parameters,
): Promise<Result<Answered, CiFailure>> {
  const url = urlOf(settings, place, path, parameters);
  if (!url.ok) return fail({ kind: "not-allowed-host", reason: url.error });
  const { secretId, secretKey, securityToken } = settings;
  const signedAt = now() - SIGNED_BEFORE_SECONDS * 1000;
  const signing = { method: "GET", url: url.value, secretId, secretKey, securityToken };
  const headers = { ...(await signRequest(signing, signedAt, SIGNATURE_SECONDS)), "user-agent": USER_AGENT };
  const signal = AbortSignal.timeout(answerMilliseconds);
  try {
    const response = await fetch(url.value.href, { method: "GET", headers, redirect: "manual", signal });
    const bytes = await readBody(response, maxBytes);
    return judge(response, bytes, { ...settings, now: now(), maxBytes });
  } catch {
    // What was thrown is not told: it may hold the request.
    return fail({ kind: signal.aborted ? "timeout" : "unreachable" });
  }
}

const USER_AGENT = "ci-callback-receiver";

/** What an answer comes to. */
function judge(
  { status, headers }: Response,
  bytes: Result<Uint8Array, Uint8Array>,
  { now, maxBytes, ...keys }: SigningKeys & { now: number; maxBytes: number },
): Result<Answered, CiFailure> {
  const body = bytes.ok ? decodeBytes(bytes.value) : "";
  const read = typeof body === "string" ? readAnswer(body) : fail("Expected UTF-8, found other bytes.");
  const error = read.ok ? read.value.error : null;
  const requestId = headers.get("x-ci-request-id") ?? error?.requestId ?? null;
  const said = {
    code: withoutKeys(error?.code ?? null, keys),
    message: withoutKeys(error?.message ?? null, keys),
    requestId,
  };
  const retryAfterSeconds = readRetryAfter(headers.get("retry-after"), now);

  if (status === 429 || error?.code === "SlowDown") return fail({ kind: "slow-down", retryAfterSeconds, requestId });
  if (status >= 500) return fail({ kind: "server-error", status, ...said, retryAfterSeconds });
  const isUnknownJob = status === 404 && error !== null && !/bucket/i.test(error.code ?? "");
  if (status >= 400 && !isUnknownJob) return fail({ kind: "denied", status, ...said });
  if (status >= 300 && !isUnknownJob)
    return fail({ kind: "malformed", status, reason: "Expected an answer, found a redirect.", requestId });
  if (!bytes.ok) {
    const beginning = new TextDecoder().decode(bytes.error.subarray(0, BEGINNING_BYTES));
    return fail({ kind: "too-large", limitBytes: maxBytes, beginning, requestId });
  }
  if (!read.ok) return fail({ kind: "malformed", status, reason: read.error, requestId });
  if (error !== null && !isUnknownJob) return fail({ kind: "denied", status, ...said });
  return ok({ ...read.value, error: error === null ? null : said, status, body: body as string, requestId });
}

/** A text of CI's for people and logs: cut, and without any key that it repeats. */
function withoutKeys(text: string | null, { secretId, secretKey, securityToken }: SigningKeys): string | null {
  if (text === null) return null;
  const keys = [secretId, secretKey, securityToken].filter((key) => key !== null && key !== "") as string[];
  return keys
    .reduce((told, key) => told.replaceAll(key, "…"), text)
    .slice(0, MESSAGE_CHARACTERS)
    .toWellFormed();
}

/** `Retry-After` in whole seconds from now: seconds or a date (RFC 9110 section 10.2.3). Null where it says neither. */
function readRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}
