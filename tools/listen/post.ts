/** One post to the user's URL. */
import { ANSWER_MILLISECONDS } from "../../src/events/limits.ts";
import { explain } from "../simulate/send.ts";
import type { Answer } from "./lines.ts";
import type { Message } from "./message.ts";

/**
 * Posts as forwarding does: redirects are not followed, and an answer must come within 15 seconds. Rejects if the
 * signal aborts.
 */
export async function postMessage(to: URL, { body, headers }: Message, signal: AbortSignal): Promise<Answer> {
  const start = performance.now();
  try {
    const response = await fetch(to, {
      method: "POST",
      // Bytes, so that fetch does not add a content type.
      body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      headers,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    const milliseconds = performance.now() - start;
    await response.body?.cancel().catch(() => {});
    return { status: response.status, fault: null, milliseconds };
  } catch (error) {
    signal.throwIfAborted();
    const { fault } = explain(error, ANSWER_MILLISECONDS / 1000);
    return { status: null, fault, milliseconds: performance.now() - start };
  }
}
