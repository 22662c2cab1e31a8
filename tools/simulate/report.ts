/** The summary of a run, for people and for programs. */
import { isLoopback } from "../doctor/options.ts";
import type { Lost } from "./lost.ts";
import type { SimulateOptions } from "./options.ts";
import { type Faults, percentile, type Tally } from "./tally.ts";
import type { Verification } from "./verify.ts";

export interface Outcome {
  options: SimulateOptions;
  tally: Tally;
  seconds: number;
  /** Null where no local CI was told of the jobs. */
  lost: Lost | null;
  verification: Verification | null;
  interrupted: boolean;
}

/** The callback URL without its key, which is a secret. */
export const maskedUrl = (url: URL): string => `${url.origin}${url.pathname.replace(/[^/]+\/?$/, "…")}`;

export const isAsExpected = ({ tally, verification }: Outcome): boolean =>
  tally.faults.count === 0 && (verification === null || verification.faults.count === 0);

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);

function figuresOf({ tally, seconds }: Outcome) {
  const sorted = tally.latencies.toSorted((a, b) => a - b);
  return {
    perSecond: seconds === 0 ? 0 : Math.round((tally.sent / seconds) * 10) / 10,
    latencyMs: {
      p50: rounded(percentile(sorted, 50)),
      p90: rounded(percentile(sorted, 90)),
      p99: rounded(percentile(sorted, 99)),
      max: rounded(percentile(sorted, 100)),
    },
  };
}

/** One JSON object, in a shape that scripts may rely on. */
export function jsonReport(outcome: Outcome): string {
  const { options, tally, seconds, lost, verification, interrupted } = outcome;
  const { perSecond, latencyMs } = figuresOf(outcome);
  return JSON.stringify({
    url: maskedUrl(options.url),
    seed: options.plan?.seed ?? null,
    now: options.plan === undefined ? null : new Date(options.plan.now).toISOString(),
    sent: tally.sent,
    bytes: tally.bytes,
    seconds: Math.round(seconds * 1000) / 1000,
    perSecond,
    retries: tally.tries - tally.sent,
    answers: Object.fromEntries(tally.answers),
    latencyMs,
    unexpected: tally.faults,
    lost,
    verification,
    interrupted,
    ok: isAsExpected(outcome),
  });
}

export function textReport(outcome: Outcome): string {
  const { options, tally, seconds, lost, verification, interrupted } = outcome;
  const { perSecond, latencyMs } = figuresOf(outcome);
  const size = tally.bytes < 1e6 ? `${(tally.bytes / 1e3).toFixed(1)} kB` : `${(tally.bytes / 1e6).toFixed(1)} MB`;
  const lines = [
    `${interrupted ? "Interrupted. " : ""}Sent ${tally.sent} ${tally.sent === 1 ? "callback" : "callbacks"}, ${size}, in ${seconds.toFixed(1)} s (${perSecond} a second) to ${maskedUrl(options.url)}`,
    "",
    ...table([...tally.answers].toSorted(([, a], [, b]) => b - a)),
  ];
  const retries = tally.tries - tally.sent;
  if (retries > 0) lines.push(`  ${"tried again".padEnd(26)}${String(retries).padStart(7)}`);
  if (tally.latencies.length > 0) {
    const { p50, p90, p99, max } = latencyMs;
    lines.push("", `Latency   p50 ${p50} ms   p90 ${p90} ms   p99 ${p99} ms   max ${max} ms`);
  }
  lines.push("", ...faultLines(tally.faults, "All answers were as expected.", "not as expected"));
  if (lost !== null) lines.push("", ...lostLines(lost, options.url));
  if (verification !== null) lines.push("", ...verificationLines(verification));
  const { plan } = options;
  if (plan !== undefined)
    lines.push(
      "",
      `The same bodies again: the same options, and --seed ${plan.seed} --now ${new Date(plan.now).toISOString()}`,
    );
  return lines.join("\n");
}

const table = (rows: readonly (readonly [string, number])[]): string[] =>
  rows.map(([name, number]) => `  ${name.padEnd(26)}${String(number).padStart(7)}`);

const row = (name: string, ...cells: readonly (string | number)[]): string =>
  `  ${name.padEnd(22)}${cells.map((cell) => String(cell).padStart(11)).join("")}`;

function verificationLines(verification: Verification): string[] {
  const { xml, json, quarantined, faults } = verification;
  const rows = [
    ["jobs sent as XML", xml],
    ["jobs sent as JSON", json],
    ["in quarantine", quarantined],
  ] as const;
  if (rows.every(([, { found, missing, different }]) => found + missing + different === 0)) {
    return faultLines(faults, "There was nothing to look up.", "look-up refused");
  }
  return [
    row("Looked up", "found", "missing", "different"),
    ...rows
      .filter(([, { found, missing, different }]) => found + missing + different > 0)
      .map(([name, { found, missing, different }]) => row(name, found, missing, different)),
    "",
    ...faultLines(faults, "All that was looked up is as it was sent.", "missing or different"),
  ];
}

/** Ids of lost jobs in the text; `--json` has all. */
const LOST_SHOWN = 50;

function lostLines({ known, jobIds }: Lost, url: URL): string[] {
  const jobs = (count: number) => `${count} ${count === 1 ? "job" : "jobs"}`;
  const told = `The local CI knows of ${jobs(known)}.`;
  if (jobIds.length === 0) return [`${told} No callback was lost.`];
  const cut = jobIds.length > LOST_SHOWN ? `; the first ${LOST_SHOWN}` : "";
  return [
    `${told} The callbacks of ${jobs(jobIds.length)} were lost${cut}:`,
    ...jobIds.slice(0, LOST_SHOWN).map((id) => `  ${id}`),
    ...(isLoopback(url)
      ? [
          `The receiver asks about them in its cron, which a local run does not start: curl ${url.origin}/cdn-cgi/local/scheduled`,
        ]
      : []),
  ];
}

function faultLines({ count, first }: Faults, none: string, what: string): string[] {
  if (count === 0) return [none];
  const shown = first.map((fault) => `  ${fault}`);
  return [`${count} ${what}${count > first.length ? `; the first ${first.length}` : ""}:`, ...shown];
}
