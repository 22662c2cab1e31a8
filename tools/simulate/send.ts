/** Posts deliveries: paced, a bounded number at a time, tried again where asked for. Judges nothing. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Letter {
  body: string | Uint8Array<ArrayBuffer>;
  headers: Readonly<Record<string, string>>;
}

export interface Answer {
  /** HTTP status; 0 where none came. */
  status: number;
  /** The body where it is a JSON object. */
  said: Readonly<Record<string, unknown>>;
  /** Why there was no answer. */
  fault: string | null;
  /** True where no connection could be made at all. */
  unreachable: boolean;
  /** Of the last try, in milliseconds. */
  milliseconds: number;
  tries: number;
}

export interface Pace {
  url: URL;
  rate: number;
  concurrency: number;
  retries: number;
  timeoutSeconds: number;
  signal: AbortSignal;
}

/** Takes letters as they are sent, so that none waits in memory. `answered` is called once for each; never after `signal`. */
export async function sendAll<L extends Letter>(
  letters: Iterator<L, void>,
  pace: Pace,
  answered: (letter: L, answer: Answer) => void,
): Promise<void> {
  const start = performance.now();
  let begun = 0;
  async function sendSome(): Promise<void> {
    while (!pace.signal.aborted) {
      const next = letters.next();
      if (next.done === true) return;
      const due = pace.rate === 0 ? 0 : start + (begun * 1000) / pace.rate - performance.now();
      begun += 1;
      if (due > 1) await pause(due, pace.signal);
      const answer = await post(next.value, pace);
      if (!pace.signal.aborted) answered(next.value, answer);
    }
  }
  await Promise.all(Array.from({ length: pace.concurrency }, sendSome));
}

async function post(letter: Letter, pace: Pace): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const { retryAfterSeconds, ...answer } = await postOnce(letter, pace);
    const mayPass = answer.status === 503 || answer.status === 0;
    if (!mayPass || tries > pace.retries || pace.signal.aborted) return { ...answer, tries };
    await pause(Math.min(retryAfterSeconds ?? 0.2 * 2 ** (tries - 1), LONGEST_WAIT_SECONDS) * 1000, pace.signal);
  }
}

/** A Retry-After is followed up to this, so that a run ends. */
const LONGEST_WAIT_SECONDS = 10;

/** Asks the callback URL without posting anything to it. A receiver answers 405 there, and 404 for a wrong key. */
export async function probe(pace: Pick<Pace, "url" | "timeoutSeconds" | "signal">): Promise<Answer> {
  const { retryAfterSeconds: _, ...answer } = await ask({ method: "GET" }, pace);
  return { ...answer, tries: 1 };
}

const postOnce = ({ body, headers }: Letter, pace: Pace) =>
  // Bytes, so that fetch adds no Content-Type of its own.
  ask({ method: "POST", body: typeof body === "string" ? new TextEncoder().encode(body) : body, headers }, pace);

async function ask(
  init: RequestInit,
  { url, timeoutSeconds, signal }: Pick<Pace, "url" | "timeoutSeconds" | "signal">,
) {
  const start = performance.now();
  try {
    const response = await fetch(url, {
      ...init,
      headers: { "user-agent": "ci-callback-simulator", ...(init.headers as Letter["headers"]) },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    const said = readObject(await response.text());
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    const milliseconds = performance.now() - start;
    const retryAfterSeconds = Number.isNaN(retryAfter) ? undefined : retryAfter;
    return { status: response.status, said, fault: null, unreachable: false, milliseconds, retryAfterSeconds };
  } catch (error) {
    const { fault, unreachable } = explain(error, timeoutSeconds);
    const milliseconds = performance.now() - start;
    return { status: 0, said: {}, fault, unreachable, milliseconds, retryAfterSeconds: undefined };
  }
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const CONNECTION_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused: nothing listens there",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
};

/** What fetch threw, in words. Its own message says "fetch failed" whatever happened; the cause has a code. */
export function explain(error: unknown, timeoutSeconds: number): { fault: string; unreachable: boolean } {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return { fault: `no answer within ${timeoutSeconds} s`, unreachable: false };
  const code = cause?.code ?? "";
  const known = CONNECTION_FAULTS[code];
  if (known !== undefined) return { fault: known, unreachable: true };
  return { fault: `the connection was dropped (${code || cause?.message || message})`, unreachable: false };
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);
