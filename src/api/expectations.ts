/**
 * Announcing a job, with a time by which its callback should have come, and asking CI about a job on demand. The cron
 * asks about overdue jobs by itself.
 */
import type { Context } from "hono";
import * as v from "valibot";
import { findKnownJob } from "../lookup.ts";
import { ProblemError, problemResponse } from "../problems.ts";
import { faultOf, textOf } from "../reconcile/faults.ts";
import type { Expectations } from "../store/expectations.ts";
import { UnsupportedError } from "../store/errors.ts";
import { jobOf } from "../wire.ts";
import { jsonOf, readBytes } from "./body.ts";
import { type AppEnv, idOf, NO_STORE, requireToken, tellAfterAnswer } from "./context.ts";
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";
import { ExpectationBody, isJobId } from "./queries.ts";
import { Job } from "./schemas.ts";

export const expectations = new Routes();
expectations.use(requireToken);

/**
 * Largest body of `PUT /jobs/{jobId}/expectation`, in bytes: five texts of the greatest length, each character escaped.
 */
const EXPECTATION_BODY_BYTES = 64 * 1024;

expectations.put("/:jobId/expectation", async (c) => {
  const jobId = idOf(c, "jobId");
  if (!isJobId(jobId)) throw invalid("The path has no JobId that a callback could name.");
  const { within, ...announced } = await readAnnouncement(c);
  const now = Date.now();
  const became = await expectationsOf(c).put(jobId, announced, now + within * 1000, now);
  return answerJob(c, jobId, became === "new" ? 201 : 200);
});

expectations.delete("/:jobId/expectation", async (c) => {
  await expectationsOf(c).remove(idOf(c, "jobId"));
  return c.body(null, 204);
});

expectations.post("/:jobId/reconcile", async (c) => {
  const jobId = idOf(c, "jobId");
  await askNow(c, jobId);
  return answerJob(c, jobId, 200);
});

/** Asks CI about a job, and takes its answer in. Throws a problem if CI cannot be asked, or does not tell. */
export async function askNow(c: Context<AppEnv>, jobId: string): Promise<void> {
  const { reconciler } = c.var;
  if (reconciler === null)
    throw new ProblemError({ code: "ci-not-configured", detail: "CI_SECRET_ID and CI_SECRET_KEY are not set." });
  const asked = await reconciler.askNow(jobId);
  if (asked.ok) return tellAfterAnswer(c, asked.value.events);
  const { error } = asked;
  const detail = textOf(error);
  // If the place of the job is wrong, asking again does not help, so there is no Retry-After.
  if (faultOf(error) === "setting") throw new ProblemError({ code: "ci-unavailable", detail });
  const seconds = ("retryAfterSeconds" in error ? error.retryAfterSeconds : null) ?? RETRY_SECONDS;
  throw new ProblemError({ code: "ci-unavailable", detail, headers: { "retry-after": String(seconds) } });
}

/** When to ask CI again if CI does not say, in seconds. */
const RETRY_SECONDS = 30;

/** The job as it is now, from the primary, so that it has what was just written. */
async function answerJob(c: Context<AppEnv>, jobId: string, status: 200 | 201): Promise<Response> {
  const found = await findKnownJob(c.var.places, jobId, "primary");
  if (found !== null) return c.json(jobOf(found, Date.now()), status, NO_STORE);
  const detail = `No callback has named job ${jobId}, and it was not announced.`;
  return problemResponse(c, { code: "job-not-found", detail });
}

/** Expectations. Throws an UnsupportedError if the store has none. */
function expectationsOf(c: Context<AppEnv>): Expectations {
  const { store } = c.var.places;
  if (store.expectations === null) throw new UnsupportedError("expectations");
  return store.expectations;
}

const invalid = (detail: string) => new ProblemError({ code: "invalid-request", detail });

async function readAnnouncement(c: Context<AppEnv>): Promise<v.InferOutput<typeof ExpectationBody>> {
  const bytes = await readBytes(c.req.raw, EXPECTATION_BODY_BYTES);
  if (!bytes.ok) {
    const { code } = bytes.error;
    const tooLarge = `The body is larger than ${EXPECTATION_BODY_BYTES} bytes.`;
    throw new ProblemError({ code, detail: code === "body-too-large" ? tooLarge : "The connection failed." });
  }
  const read = v.safeParse(ExpectationBody, jsonOf(bytes.value), { abortEarly: true });
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw invalid(`${v.getDotPath(issue) ?? "The body"} ${issue.message}.`);
}

const PROBLEMS = ["unauthorized", "cross-site-request", "too-many-requests", "store-unavailable"] as const;

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "PUT /jobs/{jobId}/expectation": {
    operationId: "expectJob",
    summary: "Announce a job, with a time by which its callback should have come",
    description:
      "After that time a job that is not terminal is overdue: `GET /jobs?overdue=true` lists it, `job.overdue` tells of it, and with keys CI is asked about it. " +
      "You may announce a job before or after its callback. Announcing it again renews it. It is kept for 30 days after its time.",
    body: ExpectationBody,
    members: {
      within: "How soon the callback should come, in seconds from now.",
      bucket: "With `region`, the place where CI can be asked about the job.",
      tag: "The job type, such as `WordsGeneralize`.",
    },
    answers: {
      200: { description: "The job; its announcement was renewed.", schema: Job },
      201: { description: "The job; it was not announced before.", schema: Job },
    },
    problems: [
      "invalid-request",
      "incomplete-body",
      "body-too-large",
      "corrupt-bytes",
      "not-supported-by-store",
      ...PROBLEMS,
    ],
    needsToken: true,
  },
  "DELETE /jobs/{jobId}/expectation": {
    operationId: "cancelExpectation",
    summary: "Take the announcement of a job back",
    answers: { 204: { description: "The job is not announced any more, if it was." } },
    problems: ["not-supported-by-store", ...PROBLEMS],
    needsToken: true,
  },
  "POST /jobs/{jobId}/reconcile": {
    operationId: "reconcileJob",
    summary: "Ask CI about a job now",
    description:
      "If the job has ended, CI's answer is taken in like a callback, with `source` `reconcile`, and outranks every callback. " +
      "Answers with the job as it is then. If CI does not know it, `expectation` says so.",
    answers: { 200: { description: "The job, after CI has answered.", schema: Job } },
    problems: ["job-not-found", "corrupt-bytes", "ci-not-configured", "ci-unavailable", ...PROBLEMS],
    needsToken: true,
  },
});
