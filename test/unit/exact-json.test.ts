import { expect, test } from "vitest";
import { readExactJson } from "../../src/callback/exact-json.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";
import { parseJson } from "../../src/callback/json.ts";

const END = "found the end of the body.";

test.each([
  ["{", 1, `Expected a member name in double quotes or "}", ${END}`],
  ["[", 1, `Expected a value or "]", ${END}`],
  ["{]", 1, 'Expected a member name in double quotes or "}", found "]".'],
  ["[}", 1, 'Expected a value or "]", found "}".'],
  ["{a:1}", 1, 'Expected a member name in double quotes or "}", found "a".'],
  ["{'a':1}", 1, 'Expected a member name in double quotes or "}", found "\'".'],
  ['{"a"', 4, `Expected ":", ${END}`],
  ['{"a" 1}', 5, 'Expected ":", found "1".'],
  ['{"a":', 5, `Expected a value, ${END}`],
  ['{"a":}', 5, 'Expected a value, found "}".'],
  ['{"a":1', 6, `Expected "," or "}", ${END}`],
  ['{"a":1,', 7, `Expected a member name in double quotes, ${END}`],
  ['{"a":1,}', 7, 'Expected a member name in double quotes, found "}".'],
  ['{"a":1 "b":2}', 7, 'Expected "," or "}", found "\\"".'],
  ["[1,]", 3, 'Expected a value, found "]".'],
  ["[1,,2]", 3, 'Expected a value, found ",".'],
  ['[{"a":[1]],{}]', 9, 'Expected "," or "}", found "]".'],
  ['[{},[],"",true,false,null,1}', 27, 'Expected "," or "]", found "}".'],
  ["[1] x", 4, 'Expected the end of the body, found "x".'],
  ["{}{}", 2, 'Expected the end of the body, found "{".'],
  ["[01]", 2, 'Expected "," or "]", found "1".'],
  ["[1.]", 2, 'Expected "," or "]", found ".".'],
  ["[-]", 1, 'Expected a value or "]", found "-".'],
  ["[tru]", 1, 'Expected a value or "]", found "t".'],
  ["[NaN]", 1, 'Expected a value or "]", found "N".'],
  ["[/**/]", 1, 'Expected a value or "]", found "/".'],
  ["[1,\u00a02]", 3, 'Expected a value, found "\u00a0".'],
  ["[\u0000]", 1, 'Expected a value or "]", found "\\u0000".'],
  ["[😀]", 1, 'Expected a value or "]", found "😀".'],
  ['["a', 3, `Expected a double quote that ends the string, ${END}`],
  ['["a\\', 4, `Expected an escape sequence after the backslash, ${END}`],
  ['["a\\x"]', 4, 'Expected an escape sequence after the backslash, found "x".'],
  ['["\\u12g4"]', 3, 'Expected an escape sequence after the backslash, found "u".'],
  ['["\\\\\\"", "a\nb"]', 11, 'Expected no control character in a string, found "\\n".'],
  ['{"a\tb":1}', 3, 'Expected no control character in a string, found "\\t".'],
  ['{"a', 3, `Expected a double quote that ends the string, ${END}`],
])("%j goes wrong at %i", (text, at, reason) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(readExactJson(text)).toEqual({ ok: false, error: { reason, at } });
});

test.each([
  " [ ] ",
  '[{"a":"x"}]',
  '{"a":[["x","y"],"z"],"b":[[[]]],"c":{"d":[]},"e":"\\u4eca\\n\\"","":[{},{}]}',
  ' { "a" : [ true , false , null ] , "__proto__" : { "constructor" : "x" } } ',
])("%j is read as JSON.parse has it", (text) => {
  const exact = readExactJson(text);
  const parsed = parseJson(text);
  expect(JSON.stringify(exact.ok && (exact.value ?? {}))).toBe(JSON.stringify(parsed.ok && parsed.value));
});

test.each([
  ['{"a":"1","a":"2"}', { a: ["1", "2"] }],
  ['{"a":["1","2"],"b":"x","a":"3","\\u0061":["4",["5","6"]]}', { a: ["1", "2", "3", "4", ["5", "6"]], b: "x" }],
  ['{"a":[],"a":{},"a":[]}', { a: "" }],
  ['{"a":-1.50E+2,"a":null}', { a: ["-1.50E+2", ""] }],
])("%j keeps each member that repeats", (text, tree) => {
  expect(readExactJson(text)).toEqual({ ok: true, value: tree });
});

test("it goes as deep as the limit, and no deeper", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  expect(readExactJson(nested(MAX_DEPTH_LEVELS)).ok).toBe(true);
  const reason = `Objects and arrays are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
  expect(readExactJson("[".repeat(100_000))).toEqual({ ok: false, error: { at: MAX_DEPTH_LEVELS, reason } });
});

test("it reads as many members and items as the limit, and no more", () => {
  const list = (items: number): string => `[${"1,".repeat(items - 1)}1]`;
  expect(readExactJson(list(MAX_NODES - 1)).ok).toBe(true);
  const reason = `The body has more than ${MAX_NODES} members and items.`;
  expect(readExactJson(list(MAX_NODES))).toEqual({ ok: false, error: { at: 2 * MAX_NODES - 1, reason } });
});
