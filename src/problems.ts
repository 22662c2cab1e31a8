/**
 * Every error that this receiver answers, as RFC 9457 problem documents. The list is closed. `type` is
 * `/problems/<code>`, and that path shows these texts as a page.
 */
import type { Context } from "hono";

interface Kind {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 429 | 500 | 501 | 503;
  title: string;
  /** What it means, for somebody who does not know the receiver. */
  meaning: string;
  /** What to do about it. */
  remedy: string;
}

export const PROBLEMS = {
  "malformed-body": {
    status: 400,
    title: "The body is not well-formed",
    meaning:
      "The callback was authentic, but its body is not well-formed XML or JSON, or exceeds a limit on its depth or its number of nodes. Its bytes are kept in quarantine, under the id in `delivery`.",
    remedy:
      "Look at `reason`, `line` and `column`, and at the bytes at /deliveries/{id}/raw. If the receiver should have read it, POST /deliveries/{id}/reparse after an upgrade.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body is neither XML nor JSON",
    meaning:
      "The first character of the body is none of <, { and [. The Content-Type header is ignored. The bytes are kept in quarantine, under the id in `delivery`.",
    remedy: "Send the notification as CI does: XML, or JSON with CallBackFormat=JSON, not compressed.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is larger than this receiver takes",
    meaning: "The body is larger than MAX_BODY_BYTES. Nothing of it was kept; the log has a line about it.",
    remedy: "Raise MAX_BODY_BYTES if you expect such bodies.",
  },
  "incomplete-body": {
    status: 400,
    title: "The body ended before it was complete",
    meaning: "The connection failed while the body was read. Nothing of it was kept; the log has a line about it.",
    remedy: "Send it again.",
  },
  "store-unavailable": {
    status: 503,
    title: "The store cannot be reached",
    meaning: "The delivery could not be stored anywhere, or the store could not be asked. Nothing was acknowledged.",
    remedy: "Try again after the seconds in Retry-After. If it lasts, see /readyz.",
  },
  "not-ready": {
    status: 503,
    title: "This receiver is not ready",
    meaning:
      "Secrets are missing, a setting is wrong, or the store cannot be reached or lacks its migrations; `checks` says which. A wrong setting refuses no callback: its default is used.",
    remedy:
      "Set missing secrets with `npx wrangler secret put`, correct the setting in wrangler.toml, apply the migrations, or wait for the store.",
  },
  unauthorized: {
    status: 401,
    title: "A look-up token is needed",
    meaning: "Look-ups need one of this receiver's LOOKUP_TOKENS. The request had none, or a wrong one.",
    remedy: "Send `Authorization: Bearer <token>`, or HTTP Basic with the token as the password.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many wrong keys or tokens",
    meaning:
      "This address has tried too many wrong secrets within a minute. Requests with a right one are not affected.",
    remedy: "Wait a minute, and use a right key or token.",
  },
  "not-found": {
    status: 404,
    title: "Nothing is here",
    meaning: "No route of this receiver has this path. A callback URL with a wrong key looks the same.",
    remedy: "Check the path, and for a callback URL its key. /docs lists the routes.",
  },
  "job-not-found": {
    status: 404,
    title: "No callback has named this job",
    meaning:
      "No delivery kept here names this JobId. The job may still be running, or its callback may have gone elsewhere.",
    remedy:
      "Ask again with ?wait=60 to get the answer when the callback comes, or announce the job with PUT /jobs/{jobId}/expectation.",
  },
  "run-not-found": {
    status: 404,
    title: "No callback has named this workflow run",
    meaning: "No delivery kept here is about this RunId, and no job kept here belongs to it.",
    remedy: "Ask again when the workflow has ended.",
  },
  "delivery-not-found": {
    status: 404,
    title: "No such delivery",
    meaning: "No delivery with this id is kept here. An id is the SHA-256 of the body, in 64 hexadecimal digits.",
    remedy: "Take the id from an answer to a callback, from a job, or from GET /deliveries.",
  },
  "event-not-found": {
    status: 404,
    title: "No such event",
    meaning:
      "No event with this id is kept here. Delivered events are kept for RETENTION_DAYS_EVENTS, failed ones for 30 days.",
    remedy: "Take the id from GET /events, or from the webhook-id header that your system received.",
  },
  "forwarding-off": {
    status: 409,
    title: "This receiver tells nobody of events",
    meaning: "FORWARD_URLS is not set, or FORWARD_SECRETS has no secret that can be used to sign with.",
    remedy: "Set both with `npx wrangler secret put`; docs/events.md has a first event in five lines.",
  },
  "ci-not-configured": {
    status: 501,
    title: "This receiver cannot ask CI",
    meaning: "CI_SECRET_ID and CI_SECRET_KEY are not set, so CI is never asked about a job.",
    remedy: "Set both with `npx wrangler secret put`: the keys of a sub-account that may only describe jobs.",
  },
  "ci-unavailable": {
    status: 503,
    title: "CI did not tell what became of this job",
    meaning: "CI did not answer, was asked too often, or refused to answer; `detail` says which.",
    remedy:
      "Try again after the seconds in Retry-After. Without Retry-After, or if CI refuses, read what `detail` says about the keys and the bucket.",
  },
  "bytes-gone": {
    status: 410,
    title: "The bytes of this delivery are no longer kept",
    meaning: "The delivery is known, but retention has deleted its bytes.",
    remedy: "Raise RETENTION_DAYS_BYTES to keep bytes longer.",
  },
  "corrupt-bytes": {
    status: 500,
    title: "The bytes kept for this delivery are not the ones that came",
    meaning: "The SHA-256 of the bytes in the store is not the delivery's id: something has changed them.",
    remedy: "Restore the delivery in `delivery` from an export, and find out what wrote to the database.",
  },
  "cross-site-request": {
    status: 403,
    title: "This request came from another site",
    meaning: "A browser sent a request that would change something on behalf of a page of another site.",
    remedy: "Use a Bearer token, or send the request from a page of this receiver.",
  },
  "invalid-request": {
    status: 400,
    title: "A parameter of the request is not valid",
    meaning: "A parameter is unknown, or has a value that is not allowed; `detail` names it.",
    remedy: "Correct it; /docs lists what is allowed.",
  },
  "method-not-allowed": {
    status: 405,
    title: "This path does not take this method",
    meaning: "The path exists, but not for this method.",
    remedy: "Use a method from the Allow header.",
  },
  "not-supported-by-store": {
    status: 501,
    title: "The store in use cannot do this",
    meaning: "The receiver runs with STORE=kv: most filters, the feed of changes and expectations need D1.",
    remedy: "Leave the filter out, or run with STORE=d1.",
  },
  "internal-error": {
    status: 500,
    title: "The receiver failed",
    meaning: "Something happened that the receiver does not expect. The log has a line about it, with the same ray id.",
    remedy: "Try again. If it lasts, report it with the log line.",
  },
} as const satisfies Record<string, Kind>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * An expected failure, to be answered as a problem. `detail` says what happened this time; `more` has extension
 * members.
 */
export interface Problem {
  code: ProblemCode;
  detail: string;
  more?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An expected failure that is thrown, because a value cannot be passed up. `app.onError` answers it. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The problem document, with `Cache-Control: no-store`, so that no error outlives its cause. */
export function problemResponse(c: Context, { code, detail, more, headers }: Problem): Response {
  c.set("problem", code);
  const { status, title } = PROBLEMS[code];
  return c.body(JSON.stringify({ type: `/problems/${code}`, title, status, detail, ...more }), status, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...headers,
  });
}
