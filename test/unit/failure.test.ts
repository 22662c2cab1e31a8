import { expect, test } from "vitest";
import { excerptOf, malformed, malformedAt, placeOf } from "../../src/callback/failure.ts";

test.each([
  ["", 0, 1, 1],
  ["abc", 0, 1, 1],
  ["abc", 2, 1, 3],
  ["abc", 3, 1, 4],
  ["a\nb", 1, 1, 2],
  ["a\nb", 2, 2, 1],
  ["a\r\nbc", 4, 2, 2],
  ["\n\n\n", 3, 4, 1],
  ["今天x", 2, 1, 3],
  ["😀😀x", 4, 1, 3],
  ["😀\n😀x", 5, 2, 2],
  ["\ud83dx", 1, 1, 2],
])("in %j, offset %i is line %i, column %i", (text, offset, line, column) => {
  expect(placeOf(text, offset)).toEqual({ line, column });
});

test("a failure has a reason, and a place where there is one", () => {
  expect(malformed("So.")).toEqual({ kind: "malformed", reason: "So.", line: null, column: null });
  expect(malformedAt("a\nbc", { reason: "So.", at: 3 })).toEqual({
    kind: "malformed",
    reason: "So.",
    line: 2,
    column: 2,
  });
});

test("long names are cut, and no character with them", () => {
  expect(excerptOf("x".repeat(60))).toBe("x".repeat(60));
  expect(excerptOf("x".repeat(61))).toBe(`${"x".repeat(60)}…`);
  expect(excerptOf(`${"x".repeat(59)}😀`).isWellFormed()).toBe(true);
});
