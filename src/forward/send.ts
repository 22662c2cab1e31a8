/** One attempt: a signed POST to one endpoint, and its outcome. Neither tells anybody the URL. */
import type { Endpoint } from "../events/endpoints.ts";
import type { EventError } from "../events/events.ts";
import { ANSWER_MILLISECONDS } from "../events/limits.ts";
import { readRetryAfter } from "./schedule.ts";
import { signaturesOf } from "./sign.ts";

export interface Answer {
  /** The status of the answer; null without one. */
  status: number | null;
  /** Null if the answer was a 2xx. */
  error: Extract<EventError, "not-2xx" | "gone" | "timeout" | "unreachable"> | null;
  /** The endpoint's `Retry-After`, in milliseconds. */
  retryAfter: number | null;
}

const USER_AGENT = "ci-callback-receiver";

/** Redirects are not followed, since a signed body is only for the endpoint that was configured. */
export async function sendEvent(
  { url }: Endpoint,
  secrets: readonly string[],
  { id, body }: { id: string; body: string },
): Promise<Answer> {
  const now = Date.now();
  const timestamp = Math.floor(now / 1000);
  const headers = {
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signaturesOf({ id, timestamp, body }, secrets),
  };
  const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    // The body of the answer is not read.
    await response.body?.cancel().catch(() => {});
    const { status } = response;
    if (response.ok) return { status, error: null, retryAfter: null };
    const retryAfter = readRetryAfter(response.headers.get("retry-after"), Date.now());
    return { status, error: status === 410 ? "gone" : "not-2xx", retryAfter };
  } catch {
    return { status: null, error: signal.aborted ? "timeout" : "unreachable", retryAfter: null };
  }
}
