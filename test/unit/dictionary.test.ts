/** The dictionaries that bodies are kept against: bodies can be read only as long as these are the same, byte for byte. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { dictionaryFor, dictionaryOf, type DictionaryName } from "../../src/store/dictionary/dictionary.ts";
import { built } from "../../tools/dictionary.ts";

test.each(built())("$path is what the script gives", ({ path, text }) => {
  expect(readFileSync(path, "utf8")).toBe(text);
});

/** Never change one: add a dictionary with the next number. */
const RELEASED: Record<DictionaryName, string> = {
  xml1: "bbabb9256f2604544aadf59a843ca936abc5e7e23e8cb2be94904d82e3db8c61",
  xml1c: "647417bfd39cea592b9be792f34579c69aa8cc2408b6a4eb2a025af3689fdd6d",
  json1: "d5c98fc868a422711671285bf9c5208a4f304c5999e377f7ea7de1daf43858b8",
  json1c: "ec239924749952f995fefdee624f3d337abe4ce40b3ef6c59c71bf69e8090de2",
};

test.each(Object.entries(RELEASED))("dictionary %s is the one that bodies were deflated against", (name, digest) => {
  const dictionary = dictionaryOf(name as DictionaryName);
  expect(createHash("sha256").update(dictionary).digest("hex")).toBe(digest);
});

test("no dictionary is longer than what deflate can refer back to", () => {
  for (const name of Object.keys(RELEASED)) expect(dictionaryOf(name as DictionaryName).length).toBeLessThan(32_768);
});

describe("the dictionary for a body", () => {
  test.each([
    ["<Response><JobsDetail/></Response>", "xml1c"],
    ["<Response>\n    <JobsDetail/>\n</Response>", "xml1"],
    ['<?xml version="1.0"?>\n<Response><JobsDetail/></Response>', "xml1c"],
    ["\ufeff \r\n<Response>\r\n\t<JobsDetail/></Response>", "xml1"],
    ['{"JobsDetail":{}}', "json1c"],
    ['{\n  "JobsDetail": {}\n}', "json1"],
    ['[{"JobId":"a"}]', "json1c"],
  ] as const)("%j is %s", (body, name) => {
    expect(dictionaryFor(body)).toBe(name);
  });

  test.each(["", " ", "plain", "2026-07-30", "\u0000<", "&lt;Response>"])("%j is none", (body) => {
    expect(dictionaryFor(body)).toBeNull();
  });
});

test.each([
  ["xml1c", "<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code></JobsDetail></Response>"],
  ["json1c", '{"EventName":"TaskFinish","JobsDetail":{"Code":"Success"}}'],
] as const)("%s leaves little of an envelope", (name, body) => {
  expect(dictionaryFor(body)).toBe(name);
  expect(deflateRawSync(body, { dictionary: dictionaryOf(name) }).length).toBeLessThan(body.length / 3);
});
