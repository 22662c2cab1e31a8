/**
 * What is told of a request when it is answered: one line of the log for each callback and each look-up that
 * failed, and one point of Analytics Engine for each callback. Never a body, a key, or a path that may hold one.
 */
import type { Context } from "hono";
import { callbackPoint, type CallbackReport, reportOf } from "./points.ts";
import { type Level, type Log, logger } from "./log.ts";
import { PROBLEMS } from "../problems.ts";
import { type AppEnv, rayOf } from "../api/context.ts";

const LOOK_UP = /^\/(?:jobs|runs|deliveries|metrics|ui)(?:\/|$)/;

export function tell(c: Context<AppEnv>, milliseconds: number): void {
  // Pages that are open to all have no settings.
  const log = c.var.log ?? logger("info");
  const { callback, problem, fault } = c.var;
  const ray = rayOf(c);
  if (callback !== undefined) {
    const report = reportOf(callback, problem ?? null, milliseconds);
    log(levelOfCallback(report), "callback", { ...report, fault: callback.outcome?.fault ?? fault, ray });
    writePoint(c.env.ANALYTICS, report, log);
    return;
  }
  if (problem === undefined) return;
  const { status } = PROBLEMS[problem];
  const more = { problem, status, method: c.req.method, milliseconds, fault, ray };
  if (LOOK_UP.test(c.req.path)) log(levelOf(status), "look-up", { path: c.req.path, ...more });
  else if (status >= 500) log("error", "request", more);
  else log(isWrongKey(c) && status === 404 ? "warn" : "debug", isWrongKey(c) ? "wrong key" : "request", more);
}

/** A key that is no longer one looks like this, and CI's callbacks with it are lost. */
const isWrongKey = (c: Context<AppEnv>): boolean => c.req.method === "POST" && c.req.path.startsWith("/callbacks/");

/** What is refused for coming too often is not worth a line each: a flood would fill the log. */
function levelOf(status: number): Level {
  if (status >= 500 && status !== 501) return "error";
  if (status === 429) return "debug";
  return status === 401 ? "warn" : "info";
}

function levelOfCallback({ outcome, problem }: CallbackReport): Level {
  if (outcome === problem || problem === "internal-error") return "error"; // Not kept, or a fault of ours.
  return problem !== null || outcome === "spilled" ? "warn" : "info";
}

/** A point that cannot be written is not worth failing a callback for, which is stored by now. */
function writePoint(dataset: AnalyticsEngineDataset | undefined, report: CallbackReport, log: Log): void {
  try {
    dataset?.writeDataPoint(callbackPoint(report));
  } catch (error) {
    log("warn", "point not written", { message: String(error) });
  }
}
