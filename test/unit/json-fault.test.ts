import { expect, test } from "vitest";
import { firstFault } from "../../src/callback/json-fault.ts";

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
  ['["a\\', 3, "A backslash in a string starts no escape sequence."],
  ['["a\\x"]', 3, "A backslash in a string starts no escape sequence."],
  ['["\\u12g4"]', 2, "A backslash in a string starts no escape sequence."],
  ['["\\\\\\"", "a\nb"]', 11, 'Expected no control character in a string, found "\\n".'],
  ['{"a\tb":1}', 3, 'Expected no control character in a string, found "\\t".'],
  ['{"a', 3, `Expected a double quote that ends the string, ${END}`],
])("%j goes wrong at %i", (text, at, reason) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(firstFault(text)).toEqual({ reason, at });
});
