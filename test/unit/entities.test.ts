import { expect, test } from "vitest";
import { decodeReferences } from "../../src/callback/entities.ts";

test.each([
  ["", ""],
  ["no reference; none", "no reference; none"],
  ["&amp;&lt;&gt;&quot;&apos;", `&<>"'`],
  ["&#20170;&#x4eca;&#x4ECA;", "今今今"],
  ["&#128512;&#x1F600;", "😀😀"],
  ["&#0000000000038;&#x000000000026;", "&&"],
  ["&#x10FFFF;", "\u{10ffff}"],
  ["&#9;&#13;&#x85;&#xFFFD;", "\t\r\u0085\ufffd"],
  ["&amp;amp;", "&amp;"],
  ["&amp;#38;", "&#38;"],
  ["a&lt;b", "a<b"],
])("%j is %j", (text, decoded) => {
  expect(decodeReferences(text)).toBe(decoded);
});

test.each([
  ["&", 0],
  ["a & b", 2],
  ["&amp;&", 5],
  ["&amp", 0],
  ["& amp;", 0],
  ["&AMP;", 0],
  ["&nbsp;", 0],
  ["&toString;", 0],
  ["&#;", 0],
  ["&#x;", 0],
  ["&#-1;", 0],
  ["&#xg;", 0],
  ["&#X41;", 0],
  ["&#0;", 0],
  ["&#1;", 0],
  ["&#x1F;", 0],
  ["&#xFFFE;", 0],
  ["&#xFFFF;", 0],
  ["&#xD800;", 0],
  ["&#57343;", 0],
  ["&#x110000;", 0],
  ["&#99999999999;", 0],
  ["&lt;&#xFFFFFFFF;", 4],
])("%j has a bad reference at %i", (text, at) => {
  expect(decodeReferences(text)).toBe(at);
});
