/** What an answer of CI's makes of a callback. Pure. */
import type { JobReading } from "../callback/types.ts";
import { isSameResult } from "./compare.ts";

export interface Ruling {
  /** Whether CI bears the callback out; null where it does not say yet. */
  verified: boolean | null;
  /** Whether the answer is taken in, since it says something else. */
  isTakenIn: boolean;
}

/**
 * `told` is what the callback's delivery says of the job, null where its bytes are gone; `answer` what CI says, null
 * where it does not know the job. `state` is the record's.
 */
export function ruleOn(told: JobReading | null, answer: JobReading | null): Ruling {
  if (answer === null) return { verified: false, isTakenIn: false };
  if (!answer.terminal) return { verified: null, isTakenIn: false };
  if (told === null) return { verified: null, isTakenIn: true };
  if (isSameResult(told, answer)) return { verified: true, isTakenIn: false };
  if (!told.terminal) return { verified: true, isTakenIn: true };
  return { verified: told.state === answer.state, isTakenIn: true };
}
