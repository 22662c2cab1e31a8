/** Why CI did not answer: what that means for what else is asked, and, for people, what to look at. Pure. */
import type { CiFailure } from "./ci.ts";
import { pauseUntil } from "./schedule.ts";

/** Why a job was not asked about: CI's failure, or one of ours before a request was made. */
export type AskFailure =
  | CiFailure
  /** Neither the job nor the settings say where it lives. */
  | { kind: "no-place" }
  /** Nothing more is asked in this run, or its time or budget is up. */
  | { kind: "stopped" };

/** By what is to be done about it. `ci`: CI does not answer, or not as it should. */
export const CHECK_FAULTS = ["clock", "keys", "permission", "bucket", "region", "setting", "too-often", "ci"] as const;
export type CheckFault = (typeof CHECK_FAULTS)[number];

const CLOCK = /expired|not valid yet|NotYetValid|TimeTooSkewed/i;
const KEYS = /InvalidAccessKeyId|InvalidSecretId|SignatureDoesNotMatch|security.?token|InvalidToken/i;

export function faultOf(failure: AskFailure): CheckFault {
  switch (failure.kind) {
    case "not-allowed-host":
    case "no-place":
      return "setting";
    case "slow-down":
    case "stopped":
      return "too-often";
    case "unreachable":
      return "region";
    case "timeout":
    case "server-error":
    case "too-large":
    case "malformed":
      return "ci";
    case "denied": {
      const said = `${failure.code ?? ""} ${failure.message ?? ""}`;
      if (/bucket/i.test(failure.code ?? "")) return "bucket";
      if (KEYS.test(said)) return "keys";
      if (CLOCK.test(said)) return "clock";
      return failure.status === 401 || failure.status === 403 ? "permission" : "ci";
    }
  }
}

export function textOf(failure: AskFailure): string {
  switch (failure.kind) {
    case "not-allowed-host":
      return failure.reason;
    case "no-place":
      return "Neither the job nor CI_QUEUES says in which bucket and region it is.";
    case "stopped":
      return "CI said that it is asked too often, so it is not asked for a while.";
    case "slow-down":
      return "CI says that it is asked too often.";
    case "unreachable":
      return "There is no connection to CI: no such host, or it was broken.";
    case "timeout":
      return "CI did not answer in time.";
    case "too-large":
      return `CI's answer is larger than MAX_BODY_BYTES, ${failure.limitBytes} bytes.`;
    case "malformed":
      return `CI answered ${failure.status} with something that cannot be read: ${failure.reason}`;
    case "denied":
    case "server-error": {
      const said = [failure.code, failure.message].filter((text) => text !== null).join(": ");
      return `CI answered ${failure.status}${said === "" ? "" : `, ${said}`}`;
    }
  }
}

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
