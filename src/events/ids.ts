/**
 * How an event is named: by what caused it, so that whoever writes it twice writes it once. Pure, but for the digest of
 * the platform.
 */
import { digestText } from "./digest.ts";
import type { EventType } from "./events.ts";

/** Hexadecimal digits of an event's key: 128 bits. */
const KEY_DIGITS = 32;

/**
 * Names what happened, for whichever endpoint: the type, whom it is about, and the cause. Of an end that is the
 * delivery behind the record and the state it tells; of a change, the change.
 */
export async function eventKey(
  type: EventType,
  subject: string,
  ...cause: readonly (string | null)[]
): Promise<string> {
  return (await digestText(JSON.stringify([type, subject, ...cause]))).slice(0, KEY_DIGITS);
}
