import { expect, test } from "vitest";
import { parseJson } from "../../src/callback/json.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";

test.each([
  ["strings stay", '{"a":"x","b":""," ":" "}', { a: "x", b: "", " ": " " }],
  ["names of values are leaves", '{"a":true,"b":false,"c":null}', { a: "true", b: "false", c: "" }],
  [
    "numbers keep their digits",
    '{"a":[0,-0,1.0,1e5,1E400,12345678901234567890,0.1000],"b":-1.50}',
    { a: ["0", "-0", "1.0", "1e5", "1E400", "12345678901234567890", "0.1000"], b: "-1.50" },
  ],
  ["a list of one is its item", '{"a":["x"],"b":[{"c":"x"}],"d":[[["x"]]]}', { a: "x", b: { c: "x" }, d: "x" }],
  ["a list of several is one", '{"a":["x",null,{"b":"y"}]}', { a: ["x", "", { b: "y" }] }],
  ["an empty list is absent", '{"a":[],"b":[[],[]],"c":"x","d":["y",[]]}', { c: "x", d: "y" }],
  ["an empty object is an empty leaf", '{"a":{},"b":{"c":[]},"d":[{},{}]}', { a: "", b: "", d: ["", ""] }],
  ["nothing is an empty node", "{}", {}],
  ["a list of one at the top is its item", '[{"a":"x"}]', { a: "x" }],
  ["a list of several at the top says nothing", '[{"a":"x"},{"a":"y"}]', {}],
  ["an empty list at the top says nothing", " [ ] ", {}],
  ["escapes are what they stand for", '{"a":"\\u4eca\\ud83d\\ude00\\ud800\\n\\"\\/"}', { a: '今😀\ud800\n"/' }],
])("%s", (_name, text, tree) => {
  expect(parseJson(text)).toEqual({ ok: true, value: tree });
});

test.each([
  ["compact", '{"a":"1","a":"2"}', { a: ["1", "2"] }],
  ["with white space", ' {"a" : "1", "b":":\\":", "a": "2"}\n', { a: ["1", "2"], b: ':":' }],
  ["with escapes", '{"a":"\\n\\u0020","a":"2"}', { a: ["\n ", "2"] }],
  ["with the same value", '{"a":true,"a":true}', { a: ["true", "true"] }],
  ["in different spelling", '{"b":{"a":"1","\\u0061":"2"}}', { b: { a: ["1", "2"] } }],
  ["beside a number", '{"a":"1","a":2}', { a: ["1", "2"] }],
  ["of lists", '{"a":["1","2"],"a":["3"]}', { a: ["1", "2", "3"] }],
])("a member that repeats is an array, as in XML: %s", (_name, text, tree) => {
  expect(parseJson(text)).toEqual({ ok: true, value: tree });
});

test("a member that repeats may have any name", () => {
  const read = parseJson('{"__proto__":"1","constructor":"x","__proto__":"2"}');
  expect(read.ok && Object.entries(read.value)).toEqual([
    ["__proto__", ["1", "2"]],
    ["constructor", "x"],
  ]);
});

test("members that repeat count, and so does what JSON.parse would drop", () => {
  const deep = `{"a":${"[".repeat(200)}${"]".repeat(200)},"a":"x"}`;
  expect(parseJson(deep)).toEqual(failure(TOO_DEEP.error.reason, 1, 105));
  const many = `{${'"a":"",'.repeat(MAX_NODES)}"a":""}`;
  const read = parseJson(many);
  expect(!read.ok && read.error.reason).toBe(TOO_MANY.error.reason);
});

test("white space around and between members repeats nothing", () => {
  const text = '\t{ "a" : "x\\\\" ,\r\n "b" : [ { "c" : ": " } ] }\n';
  expect(parseJson(text)).toEqual({ ok: true, value: { a: "x\\", b: { c: ": " } } });
});

test("members may have any name", () => {
  const text = '{"__proto__":{"a":1},"constructor":"x","hasOwnProperty":[1,2],"toString":null,"#text":"y","@a":"z"}';
  const tree = parseJson(text);
  const entries = tree.ok && Object.entries(tree.value);
  expect(entries).toEqual([
    ["__proto__", { a: "1" }],
    ["constructor", "x"],
    ["hasOwnProperty", ["1", "2"]],
    ["toString", ""],
    ["#text", "y"],
    ["@a", "z"],
  ]);
});

const failure = (reason: string, line: number | null = null, column: number | null = null) => ({
  ok: false,
  error: { kind: "malformed", reason, line, column },
});

test("what is not JSON fails with its place", () => {
  expect(parseJson('{\n  "今": "😀",\n  "a": 😀}')).toEqual(failure('Expected a value, found "😀".', 3, 8));
});

const TOO_DEEP = failure(`Objects and arrays are nested deeper than ${MAX_DEPTH_LEVELS} levels.`);
const TOO_MANY = failure(`The body has more than ${MAX_NODES} members and items.`);
const deepList = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const deepObject = (levels: number): string => '{"a":'.repeat(levels - 1) + '{"a":"x"}' + "}".repeat(levels - 1);
const list = (items: number, item: string): string => `[${`${item},`.repeat(items - 1)}${item}]`;

test("a body may be as deep as the limit, and no deeper", () => {
  expect(parseJson(deepList(MAX_DEPTH_LEVELS)).ok).toBe(true);
  expect(parseJson(deepObject(MAX_DEPTH_LEVELS)).ok).toBe(true);
  expect(parseJson(deepList(MAX_DEPTH_LEVELS + 1))).toEqual(TOO_DEEP);
  expect(parseJson(deepObject(MAX_DEPTH_LEVELS + 1))).toEqual(TOO_DEEP);
  expect(parseJson(deepList(100_000))).toEqual(TOO_DEEP);
});

test("a body may have as many members and items as the limit, and no more", () => {
  expect(parseJson(list(MAX_NODES - 1, '""')).ok).toBe(true);
  expect(parseJson(list(MAX_NODES, "1"))).toEqual(TOO_MANY);
  expect(parseJson(list(MAX_NODES / 2, '{"a":""}'))).toEqual(TOO_MANY);
  expect(parseJson(list(MAX_NODES / 2, "[[]]"))).toEqual(TOO_MANY);
});
