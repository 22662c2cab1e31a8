/** What the answers come to: each is held against what its callback should have brought about, and counted. */
import type { Callback } from "../callbacks/callback.ts";
import type { Answer } from "./send.ts";

/** What was posted: a callback of the plan, or a file, of which nothing is known but its name. */
export interface Posted {
  name: string;
  body: string | Uint8Array;
  callback: Callback | null;
  digest: string;
}

export interface Tally {
  sent: number;
  bytes: number;
  tries: number;
  /** How many answers there were of each kind. */
  answers: Map<string, number>;
  /** Milliseconds of each answer, in order of arrival. */
  latencies: number[];
  faults: Faults;
}

/** What was not as expected: how much, and the first few of it. */
export interface Faults {
  count: number;
  first: string[];
}

const FAULTS_SHOWN = 10;

export const newFaults = (): Faults => ({ count: 0, first: [] });

export function addFault(faults: Faults, fault: string): void {
  faults.count += 1;
  if (faults.first.length < FAULTS_SHOWN) faults.first.push(fault);
}

export const newTally = (): Tally => ({
  sent: 0,
  bytes: 0,
  tries: 0,
  answers: new Map(),
  latencies: [],
  faults: newFaults(),
});

/** Counts one answer; says whether it was as expected. */
export function count(tally: Tally, posted: Posted, answer: Answer): boolean {
  const kind = kindOf(answer);
  tally.sent += 1;
  tally.bytes += typeof posted.body === "string" ? Buffer.byteLength(posted.body) : posted.body.length;
  tally.tries += answer.tries;
  tally.answers.set(kind, (tally.answers.get(kind) ?? 0) + 1);
  if (answer.status !== 0) tally.latencies.push(answer.milliseconds);
  const fault = judge(posted, answer, kind);
  if (fault !== null) addFault(tally.faults, `${posted.name}: ${fault}`);
  return fault === null;
}

const KINDS_BY_STATUS: Readonly<Record<number, string>> = {
  0: "no answer",
  400: "quarantined (400)",
  404: "wrong key or path (404)",
  413: "too large (413)",
  415: "quarantined (415)",
  429: "too many (429)",
  503: "unavailable (503)",
};

/** What an accepted callback may be, whatever way the receiver took. */
const ACCEPTED: ReadonlySet<unknown> = new Set(["stored", "duplicate", "no-job", "spilled", "queued"]);

/** The kind of an answer, as the summary counts it. */
function kindOf({ status, said }: Answer): string {
  const told = said["status"];
  if (status === 200 && ACCEPTED.has(told)) return told as string;
  if ((status === 400 || status === 415) && typeof said["delivery"] !== "string") return `other (${status})`;
  return KINDS_BY_STATUS[status] ?? `other (${status})`;
}

/** What is wrong with an answer, or null. Bytes that had come before are duplicates, also those of an earlier run. */
function judge({ callback, digest }: Posted, answer: Answer, kind: string): string | null {
  if (answer.status === 0) return answer.fault ?? "no answer";
  const isKept = answer.said["delivery"] !== undefined;
  if (isKept && answer.said["delivery"] !== digest) return "the answer names another delivery than was sent";
  if (callback === null) return ACCEPTED.has(kind) ? null : `got ${kind}${problemOf(answer)}`;
  const expected = expectedKinds(callback);
  if (!expected.includes(kind)) return `expected ${expected[0]}, got ${kind}${problemOf(answer)}`;
  if (!ACCEPTED.has(kind)) return null;
  const jobs = answer.said["jobs"];
  const isSame =
    Array.isArray(jobs) && jobs.length === callback.jobIds.length && callback.jobIds.every((id) => jobs.includes(id));
  return isSame ? null : `expected the jobs ${callback.jobIds.join(", ") || "(none)"}, got ${JSON.stringify(jobs)}`;
}

function expectedKinds({ outcome }: Callback): string[] {
  switch (outcome) {
    case "stored":
      return ["stored", "duplicate", "spilled", "queued"];
    case "no-job":
      return ["no-job", "duplicate", "spilled", "queued"];
    case "malformed-body":
      return ["quarantined (400)"];
    case "unsupported-media-type":
      return ["quarantined (415)"];
  }
}

function problemOf({ said }: Answer): string {
  const told = [said["title"], said["detail"]].filter((text) => typeof text === "string");
  return told.length === 0 ? "" : `: ${told.join(". ")}`;
}

/** Nearest-rank percentile of sorted numbers; null of none. */
export const percentile = (sorted: readonly number[], percent: number): number | null =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
