/**
 * Checks a receiver from the outside, as CI and a reader would meet it: one line for each check, what to do about
 * each fault, and at the end what to give to CI. Usage: npm run doctor -- --help
 */
import { askAt } from "./doctor/ask.ts";
import { checkEvents } from "./doctor/events.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkHost, checkLatency, checkReachable, checkTls, checkUrlLength } from "./doctor/host.ts";
import { checkKeyShape } from "./doctor/key.ts";
import { type DoctorOptions, HELP, isLoopback, readOptions } from "./doctor/options.ts";
import { checkReadiness } from "./doctor/readiness.ts";
import { checkReconcile } from "./doctor/reconcile.ts";
import { hasFault, jsonReport, textReport } from "./doctor/report.ts";
import { checkNoToken, checkRoundTrip, checkWrongKey } from "./doctor/round-trip.ts";

const EXIT = { noFault: 0, fault: 1, usage: 2 } as const;

/** All checks, in order; those of a receiver that does not answer are not made. */
export async function examine({ base, key, token, timeoutSeconds }: DoctorOptions): Promise<Finding[]> {
  const ask = askAt(base, timeoutSeconds);
  const local = isLoopback(base);
  const reachable = await checkReachable(ask, base);
  if (reachable.verdict === "fault") return [reachable];
  return [
    reachable,
    checkTls(base, local),
    await checkLatency(ask),
    checkHost(base, local),
    ...(key === null ? [] : checkUrlLength(new URL(`callbacks/${encodeURIComponent(key)}`, base))),
    ...(key === null || local ? [] : [checkKeyShape(key)]),
    ...(await checkReadiness(ask, local)),
    ...(await checkWrongKey(ask, local)),
    await checkNoToken(ask),
    ...(await checkRoundTrip(ask, key, token)),
    ...(await checkEvents(ask, token)),
    ...(await checkReconcile(ask, token, local)),
  ];
}

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), process.env);
  if (!read.ok) {
    process.stderr.write(`${read.error}\nnpm run doctor -- --help lists what there is.\n`);
    return EXIT.usage;
  }
  if (read.value === "help") {
    process.stdout.write(HELP);
    return EXIT.noFault;
  }
  const findings = await examine(read.value);
  process.stdout.write(read.value.json ? jsonReport(read.value, findings) : textReport(read.value, findings));
  return hasFault(findings) ? EXIT.fault : EXIT.noFault;
}

if (import.meta.main) process.exitCode = await main();
