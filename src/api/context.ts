/** What every route is given, and the checks they share. */
import type { Context, MiddlewareHandler } from "hono";
import { isOneOf, readToken } from "./auth.ts";
import type { CallbackSeen } from "../telemetry/points.ts";
import type { Places } from "../intake.ts";
import type { Queued, SendQueue } from "../queue.ts";
import type { Log } from "../telemetry/log.ts";
import { type Problem, type ProblemCode, ProblemError, problemResponse } from "../problems.ts";
import type { Settings } from "../settings.ts";
import { StoreError } from "../store/retry.ts";
import { PositionError } from "../store/store.ts";

/** For what changes with every callback, and must not be found in a cache. */
export const NO_STORE = { "cache-control": "no-store" };

export interface AppEnv {
  Bindings: Env & OptionalBindings;
  Variables: {
    settings: Settings;
    places: Places;
    /** Where callbacks go first, with `INTAKE = "queue"`. */
    queue: SendQueue | null;
    log: Log;
    /** Of a callback with a right key. */
    callback?: CallbackSeen;
    /** What the request is answered with, where that is a problem. */
    problem?: ProblemCode;
    /** What an error said that brought the problem about. */
    fault?: string;
  };
}

/** Bindings that wrangler.toml names only where they are wanted. */
export interface OptionalBindings {
  ANALYTICS?: AnalyticsEngineDataset;
  INTAKE_QUEUE?: Queue<Queued>;
}

/** Lets look-ups through that carry one of the tokens. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  const token = readToken(c.req.header("authorization"));
  if (token !== null && isOneOf(token, c.var.settings.lookupTokens)) return next();
  const detail =
    token === null ? "No look-up token came with this request." : "The look-up token is not one of this receiver's.";
  const headers = { "www-authenticate": 'Bearer realm="look-ups", Basic realm="look-ups", charset="UTF-8"' };
  return refuseSecret(c, { code: "unauthorized", detail, headers });
};

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
    return { code: "invalid-request", detail: "cursor is none that this receiver gave." };
  c.set("fault", error.message);
  if (!(error instanceof StoreError)) {
    return { code: "internal-error", detail: "The receiver failed in a way it does not expect." };
  }
  const detail = error.isSchema
    ? "The database's schema is older than this version of the receiver: its migrations are not applied."
    : "The store did not do what it was asked within its time.";
  return { code: "store-unavailable", detail, headers: { "retry-after": "10" } };
}

export const rayOf = (c: Context): string | null => c.req.header("cf-ray") ?? null;
