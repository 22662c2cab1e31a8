import { expect, test } from "vitest";
import { addTo, filledLeafAt, isNode, leafAt, newNode, nodeAt, nodesAt } from "../../src/callback/tree.ts";

const NAMES = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "#text", "@a"];

test.each(NAMES)("a node may be called %s, once and again", (name) => {
  const node = newNode();
  expect(leafAt(node, name)).toBeNull();
  expect(nodeAt(node, name)).toBeNull();
  addTo(node, name, "one");
  expect(leafAt(node, name)).toBe("one");
  addTo(node, name, "two");
  addTo(node, name, "three");
  expect(Object.entries(node)).toEqual([[name, ["one", "two", "three"]]]);
  expect(({} as Record<string, unknown>)["one"]).toBeUndefined();
});

const inner = { Leaf: "x" };
const tree = { Leaf: "x", Empty: "", Node: inner, Leaves: ["x", "y"], Nodes: [inner, "x", inner], Number: 5 };

test.each([
  ["Leaf", { node: null, nodes: [], leaf: "x", filled: "x" }],
  ["Empty", { node: null, nodes: [], leaf: "", filled: null }],
  ["Node", { node: inner, nodes: [inner], leaf: null, filled: null }],
  ["Leaves", { node: null, nodes: [], leaf: null, filled: null }],
  ["Nodes", { node: null, nodes: [inner, inner], leaf: null, filled: null }],
  ["Number", { node: null, nodes: [], leaf: null, filled: null }],
  ["Absent", { node: null, nodes: [], leaf: null, filled: null }],
])("what stands at %s", (name, found) => {
  const at = {
    node: nodeAt(tree, name),
    nodes: nodesAt(tree, name),
    leaf: leafAt(tree, name),
    filled: filledLeafAt(tree, name),
  };
  expect(at).toEqual(found);
});

test("nothing stands in an absent node", () => {
  expect([nodeAt(null, "a"), nodesAt(null, "a"), leafAt(null, "a"), filledLeafAt(null, "a")]).toEqual([
    null,
    [],
    null,
    null,
  ]);
});

test("a node is no leaf and no list", () => {
  expect([{}, "", 5, [], undefined].map((content) => isNode(content))).toEqual([true, false, false, false, false]);
});

test("an element with attributes and text is a leaf all the same", () => {
  const node = { Id: { "@type": "s", "#text": "a1" }, Mixed: { "#text": "a1", B: "" }, Empty: { "@type": "s" } };
  expect([leafAt(node, "Id"), leafAt(node, "Mixed"), leafAt(node, "Empty")]).toEqual(["a1", null, null]);
});
