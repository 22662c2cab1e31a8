/** The few calls to Cloudflare's API that a deploy asks its questions with. It changes nothing: wrangler does. */
import { setTimeout as sleep } from "node:timers/promises";
import { fail, ok, type Result } from "../../src/callback/result.ts";

/** Why there is no answer. */
export interface Refusal {
  /** HTTP status; 0 where the API could not be reached. */
  status: number;
  /** Cloudflare's code of the error; 0 where it gave none. */
  code: number;
  message: string;
}

export type Reply<T> = Result<T, Refusal>;

export interface Api {
  get<T>(path: string): Promise<Reply<T>>;
  /** Every item of a paged list. */
  list<T>(path: string): Promise<Reply<T[]>>;
  post<T>(path: string, body: unknown): Promise<Reply<T>>;
}

const DEFAULT_BASE = "https://api.cloudflare.com/client/v4";

/** A request that meets a fault of Cloudflare's is repeated after these many milliseconds. */
const PAUSES_MILLISECONDS = [1_000, 3_000];

const TIMEOUT_MILLISECONDS = 30_000;

/** Items per page; Cloudflare allows more for some lists, but not for all. */
const PAGE_ITEMS = 100;

interface Envelope {
  success?: boolean;
  result?: unknown;
  errors?: { code?: number; message?: string }[];
}

/** `headers` are those that authenticate. Rejects only when `signal` is aborted. */
export function apiAt(base: string | undefined, headers: Readonly<Record<string, string>>, signal: AbortSignal): Api {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<Reply<T>> => {
    let reply = await once<T>(method, path, body);
    for (const pause of PAUSES_MILLISECONDS) {
      if (reply.ok || (reply.error.status < 500 && reply.error.status !== 429)) break;
      await sleep(pause, undefined, { signal });
      reply = await once<T>(method, path, body);
    }
    return reply;
  };
  const once = async <T>(method: string, path: string, body: unknown): Promise<Reply<T>> => {
    const init: RequestInit = { method, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]) };
    init.headers = { ...headers, ...(body !== undefined && { "content-type": "application/json" }) };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      const response = await fetch(`${base ?? DEFAULT_BASE}${path}`, init);
      return readEnvelope(response.status, await response.text());
    } catch (error) {
      signal.throwIfAborted();
      const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
      return fail({ status: 0, code: 0, message: cause?.code ?? cause?.message ?? message });
    }
  };
  const list = async <T>(path: string): Promise<Reply<T[]>> => {
    const items: T[] = [];
    for (let page = 1; ; page += 1) {
      const separator = path.includes("?") ? "&" : "?";
      const reply = await call<T[]>("GET", `${path}${separator}page=${page}&per_page=${PAGE_ITEMS}`);
      if (!reply.ok) return reply;
      items.push(...reply.value);
      if (reply.value.length < PAGE_ITEMS) return ok(items);
    }
  };
  return { get: (path) => call("GET", path), list, post: (path, body) => call("POST", path, body) };
}

function readEnvelope<T>(status: number, text: string): Reply<T> {
  let envelope: Envelope = {};
  try {
    envelope = JSON.parse(text) as Envelope;
  } catch {
    // A gateway's page, not an answer of the API.
  }
  if (status < 400 && envelope.success === true) return ok(envelope.result as T);
  const { code = 0, message = "not an answer of the API" } = envelope.errors?.[0] ?? {};
  return fail({ status, code, message });
}

/** Whether the token was refused, for this or altogether. */
export const isDenied = ({ status }: Refusal): boolean => status === 401 || status === 403;

/** What to do about a refusal that is not about the token. */
export function refusalText({ status, code, message }: Refusal, base: string = DEFAULT_BASE): string {
  const { host } = new URL(base);
  if (status === 0)
    return `Cloudflare's API at ${host} cannot be reached (${message}). Check the network and HTTPS_PROXY.`;
  if (status >= 500 || status === 429)
    return `Cloudflare's API answers ${status} (${message}). See cloudflarestatus.com, and run this again in some minutes.`;
  return `Cloudflare's API answers ${status}: ${message}${code === 0 ? "" : ` (code ${code})`}.`;
}
