/**
 * How a call can fail: the receiver answers a problem document (RFC 9457), something in front of it answers instead, or
 * a job is not over in time. If the connection fails, the call rejects with the error of `fetch`, unchanged.
 */
import type { ProblemCode } from "./problem-codes.ts";
import type { Job } from "./job.ts";

/** An answer other than what was asked for. */
export class ReceiverError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** The code of a problem of this receiver, or of a newer one; null if the answer does not come from a receiver. */
  readonly code: ProblemCode | (string & {}) | null;
  /** The problem's `type` as sent; `about:blank` where there is none. */
  readonly type: string;
  readonly title: string | null;
  /** What happened this time. */
  readonly detail: string | null;
  /** The other members of the problem, such as `checks` of `not-ready`. */
  readonly extensions: Readonly<Record<string, unknown>>;
  /** From `Retry-After`; null if there is none. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfterSeconds: number | null = null) {
    const { type, title, detail, status: _, ...extensions } = problem;
    const code = codeOf(type);
    super(`${code ?? "unexpected answer"} (${status})${typeof detail === "string" ? `: ${detail}` : ""}`);
    this.name = "ReceiverError";
    this.status = status;
    this.code = code;
    this.type = typeof type === "string" ? type : "about:blank";
    this.title = typeof title === "string" ? title : null;
    this.detail = typeof detail === "string" ? detail : null;
    this.extensions = extensions;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const codeOf = (type: unknown): string | null =>
  typeof type === "string" ? (/(?:^|\/)problems\/([^/?#]+)$/.exec(type)?.[1] ?? null) : null;

/** Reads an answer of 400 and above. Rejects if the connection fails before all of it is there. */
export async function readError(response: Response): Promise<ReceiverError> {
  const problem = parseObject(await response.text());
  return new ReceiverError(response.status, problem, readRetryAfter(response.headers.get("retry-after")));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** Seconds, or a date (RFC 9110 section 10.2.3); null if it is neither. */
function readRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const until = Date.parse(header);
  return Number.isNaN(until) ? null : Math.max(0, (until - Date.now()) / 1000);
}

/** A job was not over at the deadline. `cause` is the last failure, if the last request failed. */
export class JobTimeoutError extends Error {
  readonly jobId: string;
  /** The job as it was last known; null if no callback has named it yet. */
  readonly job: Job | null;

  constructor(jobId: string, job: Job | null, cause: unknown) {
    super(`Job ${jobId} was not over in time.`, cause === undefined ? undefined : { cause });
    this.name = "JobTimeoutError";
    this.jobId = jobId;
    this.job = job;
  }
}
