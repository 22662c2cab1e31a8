/** The end of a deploy: waits until the address answers, and lets the doctor examine it. */
import { setTimeout as sleep } from "node:timers/promises";
import { examine } from "../doctor.ts";
import { type Answer, askAt } from "../doctor/ask.ts";
import { readOptions } from "../doctor/options.ts";
import { hasFault, textReport } from "../doctor/report.ts";
import { DeployError } from "./error.ts";
import type { Address } from "./wrangler.ts";

/** A new workers.dev name, custom domain or certificate may take this long to be known, in seconds. */
const UNKNOWN_SECONDS = 600;

/** The host of a route has had its DNS record before, or has none. */
const ROUTE_SECONDS = 60;

/** An address that answers, but not yet as the receiver does, has this long, in seconds. */
const WRONG_SECONDS = 120;

const PAUSE_MILLISECONDS = 2_000;

const REMARK_SECONDS = 30;

export interface Known {
  /** Keys and tokens with commas between them, where they are known. */
  callbackKeys: string | undefined;
  lookupTokens: string | undefined;
  /** Whether the callback URL may be printed whole. */
  isTerminal: boolean;
}

/** Whether the doctor found no fault; "silent" where the address does not answer yet. */
export async function examineAt(
  { url, kind }: Address,
  known: Known,
  signal: AbortSignal,
): Promise<"ok" | "fault" | "silent"> {
  const env = {
    CALLBACK_KEY: firstOf(known.callbackKeys) ?? process.env["CALLBACK_KEY"],
    LOOKUP_TOKEN: firstOf(known.lookupTokens) ?? process.env["LOOKUP_TOKEN"],
  };
  const options = readOptions([url], env);
  if (!options.ok || options.value === "help") throw new DeployError(`wrangler names ${url}, which is no address.`);
  const { base, timeoutSeconds } = options.value;
  const aborted = rejectionBy(signal);
  const patience = kind === "route" ? ROUTE_SECONDS : UNKNOWN_SECONDS;
  const last = await Promise.race([waitForAnswer(base, patience, timeoutSeconds, signal), aborted]);
  if (last.unreachable) return "silent";
  const shown = { ...options.value, showKey: known.isTerminal };
  const findings = await Promise.race([examine(shown), aborted]);
  process.stdout.write(`\n${textReport(shown, findings)}`);
  return hasFault(findings) ? "fault" : "ok";
}

async function waitForAnswer(
  base: URL,
  unknownSeconds: number,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<Answer> {
  const ask = askAt(base, timeoutSeconds);
  console.log(`\nWait for ${base.origin} to answer`);
  const start = performance.now();
  let remarkAt = REMARK_SECONDS;
  for (;;) {
    const answer = await ask("livez");
    const seconds = (performance.now() - start) / 1000;
    const limit = answer.unreachable ? unknownSeconds : WRONG_SECONDS;
    if (answer.status === 200 || seconds >= limit) return answer;
    if (seconds >= remarkAt) {
      remarkAt += REMARK_SECONDS;
      const why = answer.fault ?? `it answers ${answer.status}`;
      console.log(
        `  ${Math.round(seconds)} s: ${why}. A new address can take minutes; this waits for ${unknownSeconds} s.`,
      );
    }
    await sleep(PAUSE_MILLISECONDS, undefined, { signal });
  }
}

/** Rejects when the signal is aborted: the doctor's own requests cannot be. */
function rejectionBy(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(new Error("interrupted")));
  promise.catch(() => {});
  return promise;
}

const firstOf = (secrets: string | undefined): string | undefined => secrets?.split(",")[0]?.trim() || undefined;
