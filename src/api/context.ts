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

/** For what changes with every callback, and must not be found in a cache. */
export const NO_STORE = { "cache-control": "no-store" };

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    settings: Settings;
    /** Settings whose default stands in. */
    settingFaults: readonly SettingFault[];
    places: Places;
    /** Where callbacks go first, with `INTAKE = "queue"`. */
    queue: SendQueue | null;
    /** Tells the user's system. */
    forwarder: Forwarder;
    /** Asks CI; null without its keys. */
    reconciler: Reconciler | null;
    log: Log;
    /** Of a callback with a right key. */
    callback?: CallbackSeen;
    /** What the request is answered with, where that is a problem. */
    problem?: ProblemCode;
    /** What an error said that brought the problem about. */
    fault?: string;
  };
}

/** Lets look-ups through that carry one of the tokens. */
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
 * Whether a browser sends this, and would change something, for a page of another site: it adds a Basic password that
 * it remembers by itself. Browsers tell where a request comes from (`Sec-Fetch-Site`, or `Origin`); other clients send neither.
 */
function isCrossSite(c: Context): boolean {
  if (c.req.method === "GET" || c.req.method === "HEAD") return false;
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== new URL(c.req.url).origin;
}

/**
 * The answer to a wrong secret, or to a path that is none, which look alike: the problem given, and after many
 * from one address within a minute 429. A right secret is never counted.
 */
export async function refuseSecret(c: Context<AppEnv>, problem: Problem): Promise<Response> {
  if (await countRefusal(c)) return problemResponse(c, problem);
  return problemResponse(c, {
    code: "too-many-requests",
    detail: "Too many wrong paths, keys or tokens came from this address within a minute.",
    headers: { "retry-after": "60" },
  });
}

/** Counts one wrong secret of the address that sent it; false where it has sent too many within a minute. */
export async function countRefusal(c: Context<AppEnv>): Promise<boolean> {
  const address = c.req.header("cf-connecting-ip") ?? "unknown";
  try {
    return (await c.env.REFUSALS.limit({ key: address })).success;
  } catch {
    return true;
  }
}

/** The problem to answer where a handler threw. */
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
 * An id in the path. A URL takes a segment `.` or `..` for a directory however its dots are escaped, so the ids `.` and
 * `..` are written with their escapes escaped once more: `%252E`, `%252E%252E`.
 */
export function idOf(c: Context, name: string): string {
  const id = c.req.param(name) ?? "";
  return /^(?:%2e){1,2}$/i.test(id) ? decodeURIComponent(id) : id;
}

/** Makes the first attempts of events once the request is answered: nobody waits for them. */
export function tellAfterAnswer(c: Context<AppEnv>, events: readonly LeasedEvent[]): void {
  const { forwarder } = c.var;
  if (events.length > 0) c.executionCtx.waitUntil(forwarder.tellFirst(events));
}

/** Throws where nobody can be told. */
export function readyForwarder({ var: { forwarder, settings } }: Context<AppEnv>): Forwarder {
  if (forwarder.isReady) return forwarder;
  const detail =
    settings.forward.urls.length === 0
      ? "FORWARD_URLS names no endpoint, so there is nobody to tell."
      : "FORWARD_SECRETS has no secret that can be used, so nothing can be signed.";
  throw new ProblemError({ code: "forwarding-off", detail });
}

/** Asks CI about the jobs of a callback once it is answered (`VERIFY = "on"`): CI does not wait for that. */
export function verifyAfterAnswer(c: Context<AppEnv>, { status, jobs }: Pick<Outcome, "status" | "jobs">): void {
  const { reconciler } = c.var;
  if (status === "stored" && reconciler?.isVerifying === true) c.executionCtx.waitUntil(reconciler.verifyThese(jobs));
}
