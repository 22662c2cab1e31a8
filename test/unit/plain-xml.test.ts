import { expect, test } from "vitest";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";
import { readPlainXml } from "../../src/callback/plain-xml.ts";

test.each([
  ["<a/>", { a: "" }],
  ["<a></a>", { a: "" }],
  ["<a> x\n</a>", { a: " x\n" }],
  ["<a> </a>", { a: " " }],
  ["<a>]]> > \" ' \u0001</a>", { a: "]]> > \" ' \u0001" }],
  ["<a>&lt;&#20170;&#x1F600;&#13;</a>", { a: "<今😀\r" }],
  ['<?xml version="1.0"?>\n<a/>\n', { a: "" }],
  ["\n\t <a>\n <b>x</b>\n <c/> </a> ", { a: { b: "x", c: "" } }],
  ["<a><b/><b>x</b><b><c>y</c></b></a>", { a: { b: ["", "x", { c: "y" }] } }],
  [
    "<a><b>1</b><c>2</c><b>3</b><c>4</c><bb>5</bb><b>6</b><c/></a>",
    { a: { b: ["1", "3", "6"], c: ["2", "4", ""], bb: "5" } },
  ],
  ["<_A-1.b><A_><a/></A_></_A-1.b>", { "_A-1.b": { A_: { a: "" } } }],
  ["<constructor><toString>x</toString></constructor>", { constructor: { toString: "x" } }],
])("%j", (text, tree) => {
  expect(readPlainXml(text)).toEqual(tree);
});

test("a node may be called __proto__", () => {
  const tree = readPlainXml("<__proto__><__proto__>x</__proto__><b>y</b></__proto__>") as object;
  const [[name, inner]] = Object.entries(tree) as [[string, object]];
  expect([name, Object.entries(inner)]).toEqual([
    "__proto__",
    [
      ["__proto__", "x"],
      ["b", "y"],
    ],
  ]);
});

test.each([
  ["", "nothing"],
  ["x", "text"],
  ["</>", "an end of nothing"],
  ["</a>", "an end tag first"],
  ["<a/><b/>", "two roots"],
  ["<a></a>x", "text after the root"],
  ["<a>", "an element that does not end"],
  ["<a>x", "text that does not end"],
  ["<a>x&amp;", "text with a reference that does not end"],
  ["<a><b></a></b>", "elements that cross"],
  ["<a><b/></ab>", "a longer name at the end"],
  ["<a><b/></a >", "space in an end tag"],
  ["<a><b/> x</a>", "text beside elements"],
  ["<a>x<b/></a>", "text before elements"],
  ['<a b="1"/>', "an attribute"],
  ["<a />", "space in a tag"],
  ["<a/x>", "a slash within a tag"],
  ["<a><!-- --></a>", "a comment"],
  ["<a><![CDATA[x]]></a>", "CDATA"],
  ["<a><?x?></a>", "an instruction"],
  ["<!DOCTYPE a><a/>", "DOCTYPE"],
  ["<?xml version='1.0'", "a declaration that does not end"],
  ["<?xml-stylesheet?><a/>", "an instruction first"],
  [" <?xml version='1.0'?><a/>", "a late declaration"],
  ["<1/>", "a name that starts with a digit"],
  ["<今/>", "a name beyond ASCII"],
  ["<a今/>", "a name that goes on beyond ASCII"],
  ["<a:b/>", "a name with a colon"],
  ["<a>&nbsp;</a>", "an unknown entity"],
  ["<a>&</a>", "a bare ampersand"],
  ["<a>\r<b/></a>", "a carriage return"],
])("%j is not plain: %s", (text) => {
  expect(readPlainXml(text)).toBeUndefined();
});

const nested = (levels: number, inner: string): string =>
  `${"<a>".repeat(levels - 1)}${inner}${"</a>".repeat(levels - 1)}`;
const flat = (elements: number): string => `<a>${"<b/>".repeat(elements - 1)}</a>`;

test("it gives up beyond the limits", () => {
  for (const inner of ["<b/>", "<b></b>", "<b>x</b>"]) {
    expect(readPlainXml(nested(MAX_DEPTH_LEVELS, inner))).toBeDefined();
    expect(readPlainXml(nested(MAX_DEPTH_LEVELS + 1, inner))).toBeUndefined();
  }
  expect(readPlainXml(flat(MAX_NODES))).toBeDefined();
  expect(readPlainXml(flat(MAX_NODES + 1))).toBeUndefined();
});

test("what was learnt from one body does not change what is read from another", () => {
  const tree = { root: { first: "1", second: "2", third: { fourth: "4" } } };
  const body = "<root><first>1</first><second>2</second><third><fourth>4</fourth></third></root>";
  expect(readPlainXml(body)).toEqual(tree);
  for (const other of [
    "<root><first/><seconds>1</seconds></root>",
    "<root><first>1</first><second/></root>",
    "<root>\n  <first>1</first>\n    <second>2</second>\n</root>",
    "<root>\t<first>1</first>\n\t\n<second>2</second> \t</root>",
    `<root>${"\n".repeat(100)}<first/>${" ".repeat(100)}<first/></root>`,
  ]) {
    const read = readPlainXml(other);
    expect(read).toBeDefined();
    expect(readPlainXml(body)).toEqual(tree);
    expect(readPlainXml(other)).toEqual(read);
  }
  expect(readPlainXml("<root><first/><second")).toBeUndefined();
  expect(readPlainXml("<root><first/><second >2</second></root>")).toBeUndefined();
});

test("names of any number and length are read, and those known before come back after them", () => {
  const names = Array.from({ length: 3000 }, (_, index) => `n${index}`.padEnd(1 + (index % 200), "x"));
  const expected = Object.fromEntries(names.map((name) => [name, name]));
  const body = `<a>${names.map((name) => `<${name}>${name}</${name}>`).join("")}</a>`;
  expect(readPlainXml(body)).toEqual({ a: expected });
  expect(readPlainXml(body)).toEqual({ a: expected });
});
