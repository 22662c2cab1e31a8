/** When CI is asked about a job again. Pure. */
import { FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS } from "../store/expectations.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a job that CI does not know may still turn up there, in milliseconds. */
const TURNS_UP_MILLISECONDS = HOUR;

/** How long CI is asked about a callback that it neither confirms nor disputes, in milliseconds. */
const PATIENCE_MILLISECONDS = 30 * 24 * HOUR;

/** How long nothing is asked after CI said that it is asked too often, in milliseconds: what CI says, within these. */
const SLOW_DOWN_MILLISECONDS = { least: 30_000, most: HOUR };

/** The pause after so many askings. */
export const pauseAfter = (asks: number): number =>
  Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** Math.max(0, asks - 1), LONGEST_PAUSE_MILLISECONDS);

/** When the present asking, the `asks`th, is followed by another; null for never. */
export function askAgainAt(
  verified: false | null,
  { askedAt, asks }: { askedAt: number; asks: number },
  now: number,
): number | null {
  const until = askedAt + (verified === false ? TURNS_UP_MILLISECONDS : PATIENCE_MILLISECONDS);
  return now < until ? now + pauseAfter(asks) : null;
}

/** Until when nothing is asked, by what CI said of it. */
export function pauseUntil(retryAfterSeconds: number | null, now: number): number {
  const { least, most } = SLOW_DOWN_MILLISECONDS;
  return now + Math.min(Math.max((retryAfterSeconds ?? 0) * 1000, least), most);
}
