/** Checks of the way to the receiver: that it answers at all, how safely, how soon, and at what address. */
import type { Ask } from "./ask.ts";
import { fault, type Finding, good, leftOut, warning } from "./finding.ts";
import { isLoopback } from "./options.ts";

/** Above this many milliseconds an answer that asks for nothing is slow. */
const SLOW_MILLISECONDS = 1_000;

const LATENCY_SAMPLES = 5;

/** Longest address that every page of CI's documentation allows for a queue, in characters. */
const URL_CHARACTERS = 100;

export async function checkReachable(ask: Ask, base: URL): Promise<Finding> {
  const { status, text, fault: why, headers } = await ask("livez");
  const check = "reachable";
  if (why !== null) {
    const remedy = isLoopback(base)
      ? localRemedy(base)
      : "Check the address against what `npx wrangler deployments list` and the dashboard say, and its DNS.";
    return fault(check, `${base.origin}: ${why}`, remedy);
  }
  if (status === 200 && text === "ok\n") return good(check, `${base.origin} answers`);
  const location = headers.get("location");
  const says = location === null ? `/livez answers ${status}` : `/livez answers ${status}, to ${location}`;
  return fault(
    check,
    `${says}: not the receiver, or something stands before it`,
    "CI follows no log-in page and no challenge: take Access, bot protection and redirects off this host.",
  );
}

function localRemedy({ protocol, host, port }: URL): string {
  if (protocol === "https:") return `A local run has no TLS: give http://${host}.`;
  return `Start a local run there with \`npm run dev -- --port ${port || 80}\`, or give the port of the one that runs.`;
}

export function checkTls({ protocol }: URL, local: boolean): Finding {
  if (protocol === "https:") return good("TLS", "the certificate is valid for this host");
  if (local) return good("TLS", "none, as is usual for a local run");
  return warning("TLS", "none: the key travels where anybody on the way can read it", "Use the https:// address.");
}

export async function checkLatency(ask: Ask): Promise<Finding> {
  const samples: number[] = [];
  for (let at = 0; at < LATENCY_SAMPLES; at += 1) samples.push((await ask("livez")).milliseconds);
  const median = Math.round(samples.toSorted((a, b) => a - b)[Math.floor(LATENCY_SAMPLES / 2)] as number);
  const says = `${median} ms to /livez from here, the middle one of ${LATENCY_SAMPLES}`;
  if (median <= SLOW_MILLISECONDS) return good("latency", says);
  return warning("latency", says, "Try from a host near your bucket: what counts is the way from CI, not from here.");
}

export function checkHost(base: URL, local: boolean): Finding {
  const { hostname } = base;
  if (hostname.endsWith(".workers.dev")) {
    return warning(
      "address",
      "*.workers.dev is reported unreachable from mainland China, where some CI regions are",
      "Give it a custom domain: docs/deploy.md#a-custom-domain.",
    );
  }
  if (local) return leftOut("address", "a local run, which CI cannot reach");
  return good("address", `${hostname} is no workers.dev address`);
}

/** The URL as it is given to CI, which on one page takes no more than 100 characters for a queue. */
export function checkUrlLength(url: URL): Finding[] {
  const { length } = url.href;
  if (length <= URL_CHARACTERS) return [];
  const says = `the callback URL has ${length} characters, and one page of CI's documentation allows ${URL_CHARACTERS} for a queue's`;
  return [warning("length", says, "Take a key of 32 characters, or a shorter host name.")];
}
