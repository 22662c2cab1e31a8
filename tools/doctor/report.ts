/** The findings, for people and for programs, and what to give to CI. */
import type { Finding } from "./finding.ts";
import { type DoctorOptions, isLoopback } from "./options.ts";

const MARKS = { ok: "ok", warning: "!!", fault: "XX", "left out": "--" } as const;

export const hasFault = (findings: readonly Finding[]): boolean => findings.some(({ verdict }) => verdict === "fault");

/** The callback URL; with a stand-in where the key is not known, or not to be shown. */
export function callbackUrl({ base, key, showKey }: DoctorOptions): string {
  const isShown = key !== null && showKey;
  return `${base.href}callbacks/${isShown ? encodeURIComponent(key) : "<one of CALLBACK_KEYS>"}`;
}

export function textReport(options: DoctorOptions, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, verdict, says, remedy }) => [
    `${MARKS[verdict]}  ${check.padEnd(16)}${says}`,
    ...(remedy === undefined ? [] : [`    ${"".padEnd(16)}-> ${remedy}`]),
  ]);
  return `${lines.join("\n")}\n\n${hasFault(findings) ? faultText(findings) : ciText(options, findings)}\n`;
}

export function jsonReport(options: DoctorOptions, findings: readonly Finding[]): string {
  const { base } = options;
  return `${JSON.stringify({ base: base.href, ok: !hasFault(findings), findings, callBack: callbackUrl(options) })}\n`;
}

const countOf = (findings: readonly Finding[], verdict: Finding["verdict"], name: string): string => {
  const count = findings.filter((finding) => finding.verdict === verdict).length;
  return `${count === 0 ? "no" : count} ${name}${count === 1 ? "" : "s"}`;
};

const faultText = (findings: readonly Finding[]): string =>
  `${countOf(findings, "fault", "fault")}, ${countOf(findings, "warning", "warning")}. Do what the arrows say, and run the doctor again.`;

function ciText(options: DoctorOptions, findings: readonly Finding[]): string {
  const url = callbackUrl(options);
  const count = `No faults, ${countOf(findings, "warning", "warning")}.`;
  if (isLoopback(options.base))
    return `${count} CI cannot reach a local run. Post callbacks to it yourself:

  npm run simulate -- ${url}

or give it a public address: docs/deploy.md#callbacks-to-a-local-run.`;
  return `${count} Give this to CI, with each job:

  <CallBack>${url}</CallBack>
  <CallBackFormat>XML</CallBackFormat>

or once, for all jobs of a queue that name no CallBack of their own:

  <NotifyConfig>
    <State>On</State>
    <Type>Url</Type>
    <Url>${url}</Url>
    <Event>TaskFinish,WorkflowFinish</Event>
    <ResultFormat>XML</ResultFormat>
  </NotifyConfig>

JSON in place of XML is read as well, and gives the same record.`;
}
