/** What is wrong with a body and where it is, in words and numbers for people. */
import type { ReadFailure } from "./types.ts";

/** What is wrong with a text, and the offset of it in UTF-16 units. */
export interface Fault {
  reason: string;
  at: number;
}

export const malformed = (reason: string): ReadFailure => ({
  code: "malformed-body",
  reason,
  line: null,
  column: null,
});

export const malformedAt = (text: string, { reason, at }: Fault): ReadFailure => ({
  code: "malformed-body",
  reason,
  ...placeOf(text, at),
});

/** A name from a body for use in a reason: whoever sent it chose its length. */
export const excerptOf = (name: string): string => (name.length > 60 ? `${name.slice(0, 60).toWellFormed()}…` : name);

/** Line and column count from 1, in characters. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", start)) {
    line += 1;
    start = at + 1;
  }
  let column = 1;
  for (let at = start; at < offset; at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1) column += 1;
  return { line, column };
}
