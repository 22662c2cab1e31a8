/** What every route is given, and the checks they share. */
import type { Context, MiddlewareHandler } from "hono";
import { isOneOf, readToken } from "./auth.ts";
import type { Bindings } from "../bindings.ts";
import type { CallbackSeen } from "../telemetry/points.ts";
import type { Forwarder } from "../forward/forward.ts";
import type { Outcome, Places } from "../intake.ts";
import type { SendQueue } from "../queue.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { Log } from "../telemetry/log.ts";
import { type Problem, type ProblemCode, ProblemError, problemResponse } from "../problems.ts";
import type { SettingFault, Settings } from "../settings.ts";
import { StoreError } from "../store/retry.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import { CorruptBodyError, FilterError, PositionError, UnsupportedError } from "../store/errors.ts";

/** For answers that change with every callback, and must not come from a cache. */
export const NO_STORE = { "cache-control": "no-store" };

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    settings: Settings;
    /** Settings that are wrong, so that their defaults are used. */
    settingFaults: readonly SettingFault[];
    places: Places;
    /** The queue that callbacks go to first, with `INTAKE = "queue"`; null without. */
    queue: SendQueue | null;
    /** Tells the user's system. */
    forwarder: Forwarder;
    /** Asks CI; null without keys. */
    reconciler: Reconciler | null;
    log: Log;
    /** What a callback with a right key has come to, for the log. */
    callback?: CallbackSeen;
    /** The problem that the request was answered with, if any. */
    problem?: ProblemCode;
    /** The message of the error behind that problem. */
    fault?: string;
  };
}

/** Lets only look-ups with one of the tokens through. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  const token = readToken(c.req.header("authorization"));
  if (token !== null && isOneOf(token, c.var.settings.lookupTokens)) {
    if (!isCrossSite(c)) return next();
    return problemResponse(c, {
      code: "cross-site-request",
      detail: "A page of another site may not change anything here.",
    });
  }
  const detail =
    token === null
      ? "No look-up token came with this request. Send `Authorization: Bearer <token>`, with one of LOOKUP_TOKENS."
      : "The look-up token is not one of this receiver's LOOKUP_TOKENS.";
  const headers = { "www-authenticate": 'Bearer realm="look-ups", Basic realm="look-ups", charset="UTF-8"' };
  return refuseSecret(c, { code: "unauthorized", detail, headers });
};

/**
 * Whether a browser sends this request for a page of another site, and it would change something. A browser adds a
 * Basic password by itself if it remembers one. It says where a request comes from (`Sec-Fetch-Site`, or `Origin`);
 * other clients send neither header.
 */
function isCrossSite(c: Context): boolean {
  if (c.req.method === "GET" || c.req.method === "HEAD") return false;
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== new URL(c.req.url).origin;
}

/**
 * The answer to a wrong secret and to a wrong path, which must look alike: the given problem, or 429 after too many
 * from one address within a minute. A right secret is not counted.
 */
export async function refuseSecret(c: Context<AppEnv>, problem: Problem): Promise<Response> {
  if (await countRefusal(c)) return problemResponse(c, problem);
  return problemResponse(c, {
    code: "too-many-requests",
    detail: "Too many wrong paths, keys or tokens came from this address within a minute.",
    headers: { "retry-after": "60" },
  });
}

/** Counts a wrong secret for the address that sent it. False if there were too many within a minute. */
export async function countRefusal(c: Context<AppEnv>): Promise<boolean> {
  const address = c.req.header("cf-connecting-ip") ?? "unknown";
  try {
    return (await c.env.REFUSALS.limit({ key: address })).success;
  } catch {
    return true;
  }
}

/** The problem that answers an error thrown by a handler. */
export function problemOf(c: Context<AppEnv>, error: Error): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof PositionError)
    return { code: "invalid-request", detail: "cursor was not issued by this receiver." };
  if (error instanceof FilterError) {
    const detail = `STORE=${c.var.places.store.name} cannot filter by ${error.message}.`;
    return { code: "not-supported-by-store", detail };
  }
  if (error instanceof UnsupportedError) {
    const detail = `STORE=${c.var.places.store.name} has no ${error.message}.`;
    return { code: "not-supported-by-store", detail };
  }
  c.set("fault", error.message);
  if (error instanceof CorruptBodyError)
    return { code: "corrupt-bytes", detail: error.message, more: { delivery: error.delivery } };
  if (!(error instanceof StoreError)) {
    return { code: "internal-error", detail: "The receiver failed in a way it does not expect." };
  }
  const detail = error.isSchema
    ? "The database's schema is older than this version of the receiver: its migrations are not applied."
    : "The store did not do what it was asked within its time.";
  return { code: "store-unavailable", detail, headers: { "retry-after": "10" } };
}

/**
 * An id in the path. In a URL, a segment `.` or `..` is a directory, even if its dots are escaped. So the ids `.` and
 * `..` must be escaped twice: `%252E`, `%252E%252E`.
 */
export function idOf(c: Context, name: string): string {
  const id = c.req.param(name) ?? "";
  return /^(?:%2e){1,2}$/i.test(id) ? decodeURIComponent(id) : id;
}

/** Makes the first attempts of events after the request is answered, so that nobody waits for them. */
export function tellAfterAnswer(c: Context<AppEnv>, events: readonly LeasedEvent[]): void {
  const { forwarder } = c.var;
  if (events.length > 0) c.executionCtx.waitUntil(forwarder.tellFirst(events));
}

/** The forwarder. Throws a `forwarding-off` problem if there is nobody to tell, or no secret to sign with. */
export function readyForwarder({ var: { forwarder, settings } }: Context<AppEnv>): Forwarder {
  if (forwarder.isReady) return forwarder;
  const detail =
    settings.forward.urls.length === 0
      ? "FORWARD_URLS names no endpoint, so there is nobody to tell."
      : "FORWARD_SECRETS has no secret that can be used, so nothing can be signed.";
  throw new ProblemError({ code: "forwarding-off", detail });
}

/** With `VERIFY = "on"`, asks CI about the jobs of a callback, after the callback is answered. */
export function verifyAfterAnswer(c: Context<AppEnv>, { status, jobs }: Pick<Outcome, "status" | "jobs">): void {
  const { reconciler } = c.var;
  if (status === "stored" && reconciler?.isVerifying === true) c.executionCtx.waitUntil(reconciler.verifyThese(jobs));
}
