import { describe, expect, test } from "vitest";
import {
  booleanAt,
  contentAt,
  countAt,
  hasSucceeded,
  millisecondsAt,
  nodeAt,
  nodesAt,
  numberAt,
  scoreAt,
  scoreOutOf,
  textAt,
  textsAt,
  timeAt,
} from "../../src/results/nodes.ts";

describe("a path", () => {
  const content = { a: { b: { c: "x" }, list: [{ c: "1" }, { c: "2" }], one: [{ c: "1" }], leaf: "y", empty: "" } };

  test("leads to content of any kind, and to nothing where a step is missing, a leaf, or there several times", () => {
    expect(contentAt(content, "a", "b", "c")).toBe("x");
    expect([contentAt(content, "a", "list", "c"), contentAt(content, "a", "leaf", "c")]).toEqual([
      undefined,
      undefined,
    ]);
    expect([contentAt(content, "b"), contentAt(null, "a"), contentAt("a", "length")]).toEqual(Array(3).fill(undefined));
  });

  test.each(["constructor", "toString", "__proto__"])("does not lead to %s, which every object has", (name) => {
    expect(contentAt({}, name)).toBeUndefined();
    expect(contentAt(JSON.parse(`{"${name}":"x"}`), name)).toBe("x");
  });

  test("leads to one node, or to all of them", () => {
    expect(nodeAt(content, "a", "b")).toEqual({ c: "x" });
    expect([nodeAt(content, "a", "list"), nodeAt(content, "a", "leaf"), nodeAt(content, "z")]).toEqual([
      null,
      null,
      null,
    ]);
    expect(nodesAt(content, "a", "list")).toEqual([{ c: "1" }, { c: "2" }]);
    expect([nodesAt(content, "a", "b"), nodesAt(content, "a", "leaf")]).toEqual([[{ c: "x" }], []]);
  });
});

describe("a leaf", () => {
  test.each([
    ["text", " 007 ", " 007 "],
    ["an empty text", "", null],
    ["a number, as the canonical form has some", 12, "12"],
    ["an element with attributes", { "@lang": "en", "#text": "x" }, "x"],
    ["a node", { x: "y" }, null],
    ["several", ["x", "y"], null],
    ["null", null, null],
    ["a boolean, which no receiver gives", true, null],
  ])("that is %s", (_, sent, text) => {
    expect(textAt({ leaf: sent }, "leaf")).toBe(text);
  });

  test("may be there several times", () => {
    expect(textsAt({ leaf: ["a", "", { x: "y" }, "b"] }, "leaf")).toEqual(["a", "b"]);
    expect([textsAt({ leaf: "a" }, "leaf"), textsAt({}, "leaf")]).toEqual([["a"], []]);
  });

  test.each([
    ["12", 12, 12],
    ["-1", -1, null],
    ["-1.50", -1.5, null],
    ["1e3", 1000, 1000],
    ["2.5", 2.5, null],
    ["9007199254740993", 9_007_199_254_740_992, null],
    ["1e999", null, null],
    ["0x1F", null, null],
    [" 1", null, null],
    ["Infinity", null, null],
    ["", null, null],
  ])("%j as a number and as a count", (sent, number, count) => {
    expect([numberAt({ leaf: sent }, "leaf"), countAt({ leaf: sent }, "leaf")]).toEqual([number, count]);
  });

  test.each([
    ["true", true],
    ["FALSE", false],
    ["1", true],
    ["0", false],
    ["yes", null],
    ["", null],
  ])("%j as a boolean", (sent, expected) => {
    expect(booleanAt({ leaf: sent }, "leaf")).toBe(expected);
  });

  test.each([
    ["0", 0, 0],
    ["0.57", 0.57, 57],
    ["1", 1, 100],
    ["100", 100, null],
    ["100.1", null, null],
    ["-0.1", null, null],
    ["high", null, null],
  ])("%j as a score, out of 100 and out of 1", (sent, score, outOfOne) => {
    expect([scoreAt({ leaf: sent }, "leaf"), scoreOutOf(1, { leaf: sent }, "leaf")]).toEqual([score, outOfOne]);
  });

  test("as a time, and as milliseconds", () => {
    expect(timeAt({ leaf: "2022-06-27T15:23:11+0800" }, "leaf")).toBe("2022-06-27T07:23:11Z");
    expect([timeAt({ leaf: "-" }, "leaf"), timeAt({}, "leaf"), millisecondsAt({}, "leaf")]).toEqual([null, null, null]);
    expect(millisecondsAt({ leaf: "1500" }, "leaf")).toBe(1.5);
  });
});

test.each([
  [{ State: "Success" }, true],
  [{ State: "", Code: "Success" }, true],
  [{ State: "Running", Code: "Success" }, false],
  [{ Code: "InternalError" }, false],
  [{}, false],
  [null, false],
])("%j has succeeded: %s", (detail, expected) => {
  expect(hasSucceeded(detail)).toBe(expected);
});
