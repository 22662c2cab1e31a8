/** The Worker as its callers see it, on the real bindings of the test. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";

export const KEY = "test-callback-key";
export const TOKEN = "test-lookup-token";

/** Bindings and settings that a test wants to be others, or to be missing. */
export type Changes = Record<string, unknown>;

const ORIGIN = "https://receiver.example";

/** Sends a request to the Worker, with other bindings or settings where a test wants them. */
export async function send(path: string, init: RequestInit = {}, changes: Changes = {}): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(ORIGIN + path, init);
  const response = await worker.fetch(request, { ...env, ...changes }, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

export const post = (body: BodyInit | null, changes: Changes = {}, headers: HeadersInit = {}): Promise<Response> =>
  send(`/callbacks/${KEY}`, { method: "POST", body, headers }, changes);

/** The answer to a callback. What it leaves to do after the answer belongs to `ctx`. */
export const answerTo = async (body: BodyInit, changes: Changes, ctx: ExecutionContext): Promise<Response> =>
  worker.fetch(new Request(`${ORIGIN}/callbacks/${KEY}`, { method: "POST", body }), { ...env, ...changes }, ctx);

export const get = (path: string, headers: Record<string, string> = {}, changes: Changes = {}): Promise<Response> =>
  send(path, { headers: { authorization: `Bearer ${TOKEN}`, ...headers } }, changes);

/** The text of an answer whose media type does not say that it is text: `text()` warns of those. */
export const decoded = async (response: Response): Promise<string> =>
  new TextDecoder().decode(await response.arrayBuffer());

/** The JSON that a look-up answers. */
export async function read<T>(path: string, changes: Changes = {}): Promise<T> {
  return (await get(path, {}, changes)).json<T>();
}

/** The same database as a binding of its own: `/readyz` remembers for some seconds what each binding has answered. */
export const freshDb = (): D1Database =>
  new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });

/** What `/readyz` says now. */
export const readiness = async <T>(changes: Changes = {}): Promise<T> =>
  (await send("/readyz", {}, { DB: freshDb(), ...changes })).json<T>();

/** Twice what is allowed within a minute, and one: the count starts anew with each minute, and one may begin on the way. */
const FLOOD = 2 * 200 + 1;

/** Sends wrong callback keys from an address until it is limited; gives the statuses they were answered with. */
export async function flood(address: string): Promise<Set<number>> {
  const statuses = new Set<number>();
  const headers = { "cf-connecting-ip": address };
  for (let tries = 0; tries < FLOOD && !statuses.has(429); tries += 1)
    statuses.add((await send("/callbacks/guess", { method: "POST", headers })).status);
  return statuses;
}

/** Runs the cron once, as the platform does. */
export async function cron(changes: Changes = {}, scheduledTime = Date.now()): Promise<void> {
  await worker.scheduled({ scheduledTime, cron: "* * * * *", noRetry() {} }, { ...env, ...changes } as Env);
}

export async function sha256(body: string | Uint8Array): Promise<string> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
