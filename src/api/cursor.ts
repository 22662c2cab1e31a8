/** Cursors of lists. They are opaque to clients, and valid only for the list and filters that they came from. */
import { ProblemError } from "../problems.ts";
import type { Position } from "../store/lists.ts";

/** `list` names the list with its store and filters. A cursor of another list is refused. */
export function encodeCursor(list: string, position: Position | null): string | null {
  if (position === null) return null;
  const bytes = new TextEncoder().encode(JSON.stringify([list, ...position]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * The position that a cursor stands for; null without a cursor, which is the start of the list. Throws
 * `invalid-request` if the cursor is not of this list.
 */
export function decodeCursor(list: string, cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const [of, ...position] = parsed(cursor);
  if (of === undefined) throw invalid("cursor was not issued by this receiver.");
  if (of !== list) throw invalid("cursor belongs to another list: use it with the filters it came with.");
  return position;
}

function parsed(cursor: string): Position {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isPosition(value) ? value : [];
  } catch {
    return [];
  }
}

export const isPosition = (value: unknown): value is Position =>
  Array.isArray(value) && value.every((part) => typeof part === "string" || typeof part === "number");

const invalid = (detail: string) => new ProblemError({ code: "invalid-request", detail });
