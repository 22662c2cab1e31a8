/** When an event is attempted again. Pure. */
import { DELAYS_MILLISECONDS, JITTER, MAX_ATTEMPTS } from "../events/limits.ts";

const SECOND = 1_000;

/** Longest `Retry-After` that is obeyed, in milliseconds. */
const RETRY_AFTER_LONGEST_MILLISECONDS = 24 * 3_600 * SECOND;

export interface Failed {
  /** The failed attempt, counted from 1. */
  attempt: number;
  /** When it ended, in milliseconds since 1970. */
  at: number;
  /** The endpoint's `Retry-After`, in milliseconds; null without one. */
  retryAfter: number | null;
}

/** When the next attempt is due; null after the last. `random` is from 0 to 1. */
export function nextAttempt({ attempt, at, retryAfter }: Failed, random: number): number | null {
  const delay = DELAYS_MILLISECONDS[attempt - 1];
  if (attempt >= MAX_ATTEMPTS || delay === undefined) return null;
  return (
    at + Math.ceil(Math.max(delay * (1 + random * JITTER), Math.min(retryAfter ?? 0, RETRY_AFTER_LONGEST_MILLISECONDS)))
  );
}

/** `Retry-After` in milliseconds from now, from seconds or a date (RFC 9110 section 10.2.3). Null if it is neither. */
export function readRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  const date = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
