/**
 * Asks CI about jobs that are overdue. An end is taken in, and so is a state that is news; a job that still runs stays
 * overdue and is asked about again, later each time. The asking is counted, and the next one set, before it is made.
 */
import type { AskOutcome, Expectations, OverdueAsk } from "../store/expectations.ts";
import { type Asking, TAKE_IN_OPERATIONS } from "./asking.ts";
import type { Described } from "./ci.ts";
import { retryAt } from "./faults.ts";
import { DESCRIBE_REQUESTS } from "./limits.ts";

/** Jobs asked about between one claim and the next. */
const CLAIMED_AT_ONCE = 20;

const CLAIM_OPERATIONS = 2;
const SETTLE_OPERATIONS = 1;

/** The claim, the writing of answers and of what else became of the asking. */
const WAVE_OPERATIONS = CLAIM_OPERATIONS + SETTLE_OPERATIONS + TAKE_IN_OPERATIONS;

/** What asking about one job takes at least. */
export const OVERDUE_OPERATIONS = WAVE_OPERATIONS + DESCRIBE_REQUESTS;

export interface OverdueReport {
  /** Jobs that CI was asked about. */
  asked: number;
  /** Answers that were taken in. */
  takenIn: number;
}

export async function askOverdue(asking: Asking, expectations: Expectations): Promise<OverdueReport> {
  const report = { asked: 0, takenIn: 0 };
  for (;;) {
    const limit = asking.affordable(DESCRIBE_REQUESTS, WAVE_OPERATIONS, CLAIMED_AT_ONCE);
    if (limit < 1 || !asking.spend(CLAIM_OPERATIONS)) return report;
    const claimed = await expectations.claim(limit, asking.means.now());
    if (claimed.length > 0) await askWave(asking, expectations, claimed, report);
    if (claimed.length < limit) return report;
  }
}

async function askWave(
  asking: Asking,
  expectations: Expectations,
  claimed: readonly OverdueAsk[],
  report: OverdueReport,
): Promise<void> {
  const outcomes: AskOutcome[] = [];
  const news: Described[] = [];
  for (const { job: ask, answer } of await asking.describeAll(claimed)) {
    const { jobId, asks } = ask;
    if (!answer.ok) {
      const askAt = retryAt(answer.error, asking.means.now());
      if (askAt !== null) outcomes.push({ jobId, asks, isKnown: null, askAt });
      if (answer.error.kind !== "no-place" && answer.error.kind !== "stopped") report.asked += 1;
      continue;
    }
    report.asked += 1;
    const { job } = answer.value;
    outcomes.push({ jobId, asks, isKnown: job !== null, askAt: null });
    if (job !== null && (job.terminal || isNews(job.state, ask))) news.push(answer.value);
  }
  if (news.length > 0) {
    asking.spend(TAKE_IN_OPERATIONS);
    report.takenIn += (await asking.takeIn(news)).filter((outcome) => outcome !== null).length;
  }
  if (outcomes.length === 0) return;
  asking.spend(SETTLE_OPERATIONS);
  await expectations.settle(outcomes, asking.means.now());
}

/** A job that still runs is taken in where its state is another than is known, so that asking again keeps nothing. */
const isNews = (state: string | null, ask: OverdueAsk): boolean => state !== null && state !== ask.state;
