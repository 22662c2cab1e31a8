/**
 * What is reported about a request after its answer: a line of the log for each callback and each failed look-up, and a
 * point of Analytics Engine for each callback. Never a body, a key, or a path that may contain one.
 */
import { PROBLEMS, type ProblemCode } from "../problems.ts";
import type { Level, Log } from "./log.ts";
import { callbackPoint, type CallbackReport, type CallbackSeen, reportOf } from "./points.ts";

/** A request that was answered. */
export interface RequestSeen {
  method: string;
  path: string;
  milliseconds: number;
  /** Cloudflare's name of the request. */
  ray: string | null;
  /** Of a callback with a right key. */
  callback: CallbackSeen | undefined;
  /** The problem that it was answered with, if any. */
  problem: ProblemCode | undefined;
  /** The message of the error behind that problem. */
  fault: string | undefined;
}

const LOOK_UP = /^\/(?:jobs|runs|deliveries|changes|events|metrics|ui)(?:\/|$)/;

export function reportRequest(log: Log, dataset: AnalyticsEngineDataset | undefined, seen: RequestSeen): void {
  const { method, path, milliseconds, ray, callback, problem } = seen;
  if (callback !== undefined) {
    const report = reportOf(callback, problem ?? null, milliseconds);
    const fault = callback.outcome?.fault ?? seen.fault;
    log(levelOfCallback(report, fault), "callback", { ...report, fault, ray });
    writePoint(dataset, report, log);
    return;
  }
  if (problem === undefined) return;
  const { status } = PROBLEMS[problem];
  const more = { problem, status, method, milliseconds, fault: seen.fault, ray };
  // A key that was rotated away looks like this, and CI's callbacks with it are lost.
  const isWrongKey = method === "POST" && path.startsWith("/callbacks/");
  if (LOOK_UP.test(path)) log(levelOf(status), "look-up", { path, ...more });
  else if (status >= 500) log("error", "request", more);
  else log(isWrongKey && status === 404 ? "warn" : "debug", isWrongKey ? "wrong key" : "request", more);
}

/** Requests refused as too many get no line of their own, since a flood would fill the log. */
function levelOf(status: number): Level {
  if (status >= 500 && status !== 501) return "error";
  if (status === 429) return "debug";
  return status === 401 ? "warn" : "info";
}

function levelOfCallback({ outcome, problem }: CallbackReport, fault: string | undefined): Level {
  if (outcome === problem || problem === "internal-error") return "error"; // Not kept, or a fault of ours.
  return problem !== null || fault !== undefined ? "warn" : "info";
}

/** Writes a point. If that fails, the callback must not fail: it is stored by now. */
function writePoint(dataset: AnalyticsEngineDataset | undefined, report: CallbackReport, log: Log): void {
  try {
    dataset?.writeDataPoint(callbackPoint(report));
  } catch (error) {
    log("warn", "point not written", { message: String(error) });
  }
}
