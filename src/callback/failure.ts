/** What is wrong with a body, and where, in words for people. */
import type { ReadFailure } from "./types.ts";

/** What is wrong with a text, and at which offset, in UTF-16 units. */
export interface Fault {
  reason: string;
  at: number;
}

export const malformed = (reason: string): ReadFailure => ({
  kind: "malformed",
  reason,
  line: null,
  column: null,
});

export const malformedAt = (text: string, { reason, at }: Fault): ReadFailure => ({
  kind: "malformed",
  reason,
  ...placeOf(text, at),
});

/** A fault that says what was expected at an offset, and which character was found. */
export function expected(what: string, text: string, at: number): Fault {
  const character = text.codePointAt(at);
  const found = character === undefined ? "the end of the body" : JSON.stringify(String.fromCodePoint(character));
  return { reason: `Expected ${what}, found ${found}.`, at };
}

/** Shortens a text from a body for a reason, since the sender chooses its length. */
export const excerptOf = (text: string): string => (text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text);

/** Line and column of an offset. Both count from 1, in characters. */
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
