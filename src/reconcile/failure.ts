/** Why CI was not asked, or gave no answer, and what follows from it. Pure. */
import type { CiFailure } from "./ci.ts";
import { pauseUntil } from "./schedule.ts";

/** Why a job was not asked about: CI's failure, or one of ours before a request was made. */
export type AskFailure =
  | CiFailure
  /** Neither the job nor the settings say where it lives. */
  | { kind: "no-place" }
  /** Nothing more is asked in this run, or its time or budget is up. */
  | { kind: "stopped" };

/** Whether a failure is about everything that may be asked: the keys, or how often. What is wrong with one question, or one bucket, is not. */
export function stopsAll(failure: AskFailure): boolean {
  if (failure.kind === "slow-down") return true;
  return failure.kind === "denied" && failure.status !== 400 && failure.status !== 404;
}

/** When CI said that it may be asked again about the same job, in milliseconds since 1970; null where it did not. */
export function retryAt(failure: AskFailure, now: number): number | null {
  if (failure.kind === "slow-down") return pauseUntil(failure.retryAfterSeconds, now);
  if (failure.kind === "server-error" && failure.retryAfterSeconds !== null)
    return pauseUntil(failure.retryAfterSeconds, now);
  return null;
}
