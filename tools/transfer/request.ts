/** Requests of a transfer, repeated while that may help, for as long as the options say. */
import { setTimeout } from "node:timers/promises";
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { tlsFault } from "../doctor/ask.ts";
import { explain } from "../simulate/send.ts";
import type { Say } from "./tally.ts";

/** How long a request may take: a page with the largest body is slow on a slow line. */
const TIMEOUT_SECONDS = 120;

/**
 * Pauses between attempts, in seconds: doubled from the first to the longest, with jitter, or Retry-After if that is
 * longer.
 */
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 30;
const LONGEST_RETRY_AFTER_SECONDS = 120;

/** The outcome of one attempt. `mayPass` says whether another one may help. */
export type Attempt<T> =
  | { ok: true; value: T }
  | { ok: false; reason: string; mayPass: boolean; retryAfterSeconds?: number | undefined };

export interface Patience {
  giveUpSeconds: number;
  signal: AbortSignal;
  say: Say;
  sleep: Sleep;
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);

/** Repeats until it is done, cannot help any more, or has failed for too long. Fails with the last reason. */
export async function untilDone<T>(
  attempt: () => Promise<Attempt<T>>,
  { giveUpSeconds, signal, say, sleep }: Patience,
): Promise<Result<T, string>> {
  const deadline = performance.now() + giveUpSeconds * 1000;
  for (let pause = FIRST_PAUSE_SECONDS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS)) {
    const tried = await attempt();
    if (tried.ok) return ok(tried.value);
    const asked = Math.min(tried.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS);
    const milliseconds = Math.max(pause * (0.5 + Math.random() / 2), asked) * 1000;
    if (!tried.mayPass || signal.aborted || performance.now() + milliseconds > deadline) return fail(tried.reason);
    say(`${tried.reason}. Trying again in ${Math.ceil(milliseconds / 1000)} s.`);
    await sleep(milliseconds, signal);
    if (signal.aborted) return fail(tried.reason);
  }
}

export type Ask = (path: string, body?: string) => Promise<Attempt<Buffer>>;

/**
 * Asks a receiver with a token: a GET, or a POST if there is a body. Does not wait for a receiver that has never
 * answered.
 */
export function askAt(base: URL, token: string, signal: AbortSignal): Ask {
  let hasAnswered = false;
  return async (path, body) => {
    try {
      const response = await fetch(new URL(path, base), {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "user-agent": "ci-callback-transfer",
          ...(body !== undefined && { "content-type": "application/x-ndjson" }),
        },
        ...(body !== undefined && { body }),
        // A token must not follow a redirect to another host.
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_SECONDS * 1000)]),
      });
      hasAnswered = true;
      const said = Buffer.from(await response.arrayBuffer());
      return response.status === 200 ? { ok: true, value: said } : refusal(response, said.toString("utf8"));
    } catch (error) {
      const tls = tlsFault(error);
      if (tls !== null) return { ok: false, reason: `There is no safe connection: ${tls}`, mayPass: false };
      const { fault, unreachable } = explain(error, TIMEOUT_SECONDS);
      return { ok: false, reason: `${base.origin} did not answer: ${fault}`, mayPass: hasAnswered || !unreachable };
    }
  };
}

function refusal({ status, headers }: Response, text: string): Attempt<never> {
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  return {
    ok: false,
    reason: `The receiver answered ${status}${explanationOf(status, text)}`,
    mayPass: status === 408 || status === 429 || (status >= 500 && status !== 501),
    retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
  };
}

/**
 * What to do, if the status makes that plain; otherwise the detail of the problem document. Without a full stop at the
 * end.
 */
function explanationOf(status: number, text: string): string {
  if (status === 404) return ": nothing is at this path. The base URL is wrong, or the receiver is of an older version";
  if (status === 401) return ": the token is not one of the receiver's LOOKUP_TOKENS. Set LOOKUP_TOKEN to one of them";
  if (status >= 300 && status < 400) return ", a redirect. Give the base URL that it leads to";
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === "string" ? `: ${detail.replace(/\.$/, "")}` : "";
  } catch {
    return "";
  }
}
