/**
 * Looks up what was acknowledged: every job, against the content that was sent for it, and every unreadable
 * callback, which has to be in quarantine. What is expected is derived without the receiver's code.
 */
import type { Format } from "../callbacks/callback.ts";
import type { ExpectedJob } from "../callbacks/job.ts";
import { explain } from "./send.ts";
import { addFault, type Faults, newFaults } from "./tally.ts";

/** One thing to look up. */
export type Check = { format: Format } & ({ job: ExpectedJob } | { quarantined: string });

export interface FoundCount {
  found: number;
  missing: number;
  different: number;
}

export interface Verification {
  xml: FoundCount;
  json: FoundCount;
  quarantined: FoundCount;
  faults: Faults;
}

export interface LookUps {
  /** With a slash at the end. */
  base: URL;
  token: string;
  concurrency: number;
  timeoutSeconds: number;
  signal: AbortSignal;
}

const nothingFound = (): FoundCount => ({ found: 0, missing: 0, different: 0 });

/** Calls `checked` after each look-up. */
export async function verifyAll(
  checks: Iterator<Check, void>,
  lookUps: LookUps,
  checked: () => void,
): Promise<Verification> {
  const counts = { xml: nothingFound(), json: nothingFound(), quarantined: nothingFound() };
  const faults = newFaults();
  let refused = false;
  async function checkSome(): Promise<void> {
    while (!lookUps.signal.aborted && !refused) {
      const next = checks.next();
      if (next.done === true) return;
      const check = next.value;
      const isJob = "job" in check;
      const path = isJob ? `jobs/${encodeURIComponent(check.job.jobId)}` : `deliveries/${check.quarantined}`;
      const answer = await lookUp(path, lookUps);
      if (lookUps.signal.aborted || refused) return;
      if (answer.refused) {
        refused = true;
        return addFault(faults, "The look-up token is not one of the receiver's: set --token, or LOOKUP_TOKEN.");
      }
      const counted = isJob ? counts[check.format] : counts.quarantined;
      const difference =
        answer.found === null ? null : isJob ? differenceOf(check.job, answer.found) : statusDifference(answer.found);
      if (answer.found === null) counted.missing += 1;
      else if (difference !== null) counted.different += 1;
      else counted.found += 1;
      const fault = answer.fault ?? difference;
      if (fault !== null) addFault(faults, `${path} (${check.format}): ${fault}`);
      checked();
    }
  }
  await Promise.all(Array.from({ length: lookUps.concurrency }, checkSome));
  return { ...counts, faults };
}

type Json = Readonly<Record<string, unknown>>;

interface LookUp {
  found: Json | null;
  /** Why nothing was found. */
  fault: string | null;
  /** True where the token was not accepted: no other look-up will be answered either. */
  refused: boolean;
}

async function lookUp(path: string, { base, token, timeoutSeconds, signal }: LookUps): Promise<LookUp> {
  try {
    const response = await fetch(new URL(path, base), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    const said = (await response.json().catch(() => ({}))) as Json;
    if (response.ok) return { found: said, fault: null, refused: false };
    const title = typeof said["title"] === "string" ? `: ${said["title"]}` : "";
    return { found: null, fault: `not found, ${response.status}${title}`, refused: response.status === 401 };
  } catch (error) {
    return { found: null, fault: explain(error, timeoutSeconds).fault, refused: false };
  }
}

const statusDifference = ({ status }: Json): string | null =>
  status === "quarantined" ? null : `status: expected "quarantined", looked up ${JSON.stringify(status)}`;

/** Where a job differs from what was sent, or null. */
export function differenceOf(expected: ExpectedJob, job: Json): string | null {
  const workflow = job["workflow"] as Json | null | undefined;
  const { jobId, tag, state, userData, detail } = job;
  const runId = workflow?.["runId"] ?? null;
  return firstDifference(expected, { jobId, tag, state, userData, runId, detail }, "");
}

function firstDifference(sent: unknown, found: unknown, path: string): string | null {
  if (sent === found) return null;
  if (typeof sent === "object" && typeof found === "object" && sent !== null && found !== null) {
    if (Array.isArray(sent) === Array.isArray(found)) {
      for (const name of new Set([...Object.keys(sent), ...Object.keys(found)])) {
        const inside = path === "" ? name : `${path}.${name}`;
        const difference = firstDifference((sent as Json)[name], (found as Json)[name], inside);
        if (difference !== null) return difference;
      }
      return null;
    }
  }
  return `${path}: sent ${shown(sent)}, looked up ${shown(found)}`;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 80);
