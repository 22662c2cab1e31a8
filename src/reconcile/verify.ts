/**
 * Asks CI about callbacks (`VERIFY = "on"`): each job of each is confirmed or disputed by what CI itself says of it.
 * The verdict is about the delivery behind the job's record; where CI says something else, its answer becomes the record.
 */
import { parseCallback } from "../callback/callback.ts";
import type { JobReading } from "../callback/types.ts";
import { CorruptBodyError } from "../store/errors.ts";
import type { Verdict, VerdictAsk, Verdicts } from "../store/verdicts.ts";
import { type Asking, TAKE_IN_OPERATIONS } from "./asking.ts";
import type { Described } from "./ci.ts";
import { DESCRIBE_REQUESTS } from "./limits.ts";
import { askAgainAt, pauseAfter } from "./schedule.ts";
import { type Ruling, ruleOn } from "./verdict.ts";

/** Jobs asked about between one claim and the next, and for one request. */
export const VERIFIED_AT_ONCE = 20;

const CLAIM_OPERATIONS = 2;
const SETTLE_OPERATIONS = 9;

/** The claim, the writing of answers and of verdicts. */
const WAVE_OPERATIONS = CLAIM_OPERATIONS + SETTLE_OPERATIONS + TAKE_IN_OPERATIONS;

/** The bytes of the callback, and the question. */
const JOB_OPERATIONS = 1 + DESCRIBE_REQUESTS;

/** What asking about one callback takes at least. */
export const VERIFY_OPERATIONS = WAVE_OPERATIONS + JOB_OPERATIONS;

export interface VerifyReport {
  /** Verdicts that were given. */
  confirmed: number;
  disputed: number;
  /** Answers that were taken in. */
  takenIn: number;
}

/** What is due, of these jobs or of all. Gives the ids of events that are due because of it. */
export async function verify(
  asking: Asking,
  verdicts: Verdicts,
  jobIds: readonly string[] | null,
): Promise<VerifyReport & { due: string[] }> {
  const report = { confirmed: 0, disputed: 0, takenIn: 0, due: [] as string[] };
  for (;;) {
    const limit = asking.affordable(JOB_OPERATIONS, WAVE_OPERATIONS, VERIFIED_AT_ONCE);
    if (limit < 1 || !asking.spend(CLAIM_OPERATIONS)) return report;
    const claimed = await verdicts.claim(jobIds, limit, asking.means.now());
    if (claimed.length > 0) await verifyWave(asking, verdicts, claimed, report);
    if (claimed.length < limit || jobIds !== null) return report;
  }
}

interface Judged {
  ask: VerdictAsk;
  answer: Described;
  ruling: Ruling;
  /** What the callback says. */
  state: string | null;
}

/**
 * A dispute is written before the answer is taken in: it is about the present record, and whoever dies in between asks
 * again. What CI bears out is written after it, so that of two deliveries that tell of one end only one is told.
 */
async function verifyWave(
  asking: Asking,
  verdicts: Verdicts,
  claimed: readonly VerdictAsk[],
  report: VerifyReport & { due: string[] },
): Promise<void> {
  const judged: Judged[] = [];
  for (const { job: ask, answer } of await asking.describeAll(claimed)) {
    if (!answer.ok) continue; // The next asking is set already.
    const told = await tellingOf(asking, ask);
    judged.push({ ask, answer: answer.value, ruling: ruleOn(told, answer.value.job), state: told?.state ?? null });
  }
  const now = asking.means.now();
  const settle = async (some: readonly Judged[]) => {
    if (some.length === 0) return;
    asking.spend(SETTLE_OPERATIONS);
    report.due.push(
      ...(await verdicts.settle(
        some.map((one) => verdictOf(one, now)),
        now,
      )),
    );
  };
  const disputed = judged.filter(({ ruling }) => ruling.verified === false);
  for (const one of disputed) logDispute(asking, one);
  await settle(disputed);
  const news = judged.filter(({ ruling }) => ruling.isTakenIn).map(({ answer }) => answer);
  if (news.length > 0) {
    asking.spend(TAKE_IN_OPERATIONS);
    report.takenIn += (await asking.takeIn(news)).filter((outcome) => outcome !== null).length;
  }
  await settle(judged.filter((one) => !disputed.includes(one)));
  report.disputed += disputed.length;
  report.confirmed += judged.filter(({ ruling }) => ruling.verified === true).length;
}

/** What the callback says of the job; null where its bytes are gone, or no longer say anything of it. */
async function tellingOf(asking: Asking, { jobId, delivery }: VerdictAsk): Promise<JobReading | null> {
  asking.spend(1);
  try {
    const body = (await asking.means.places.store.getBody(delivery))?.body ?? null;
    const reading = body === null ? null : parseCallback(body);
    return reading?.ok === true ? (reading.value.jobs.find((job) => job.jobId === jobId) ?? null) : null;
  } catch (error) {
    if (error instanceof CorruptBodyError) return null;
    throw error;
  }
}

/**
 * A disputed callback whose answer is taken in is asked about again, in case it is not: once the answer is the record,
 * the claim closes the question instead.
 */
function verdictOf({ ask, ruling: { verified, isTakenIn } }: Judged, now: number): Verdict {
  const { jobId, delivery, asks } = ask;
  const verdict = { jobId, delivery, asks, verified };
  if (verified === true) return { ...verdict, askAt: null };
  return { ...verdict, askAt: isTakenIn ? now + pauseAfter(asks) : askAgainAt(verified, ask, now) };
}

function logDispute(asking: Asking, { ask: { jobId, delivery }, answer: { job, requestId }, state }: Judged): void {
  const ci = job === null ? "unknown job" : job.state;
  asking.means.log("warn", "callback disputed", { jobId, delivery, callback: state, ci, requestId });
}
