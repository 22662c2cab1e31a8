import { expect, test } from "vitest";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";
import { checkWellFormed } from "../../src/callback/well-formed.ts";

test.each([
  "<a/>",
  "<a></a>",
  " \n\t<a/>\n ",
  '<?xml version="1.0" encoding="utf-8"?>\n<a/>',
  '<a b="1" c = \'2\'\n\td=""/>',
  `<a b='"' c=">" d="&lt;&amp;&#20170;"></a >`,
  "<a>&lt;x&gt; > ]]> ' \" \u0001</a>",
  "<a><b/>text<b>  </b></a>",
  "<今:天-1.0·>😀</今:天-1.0·>",
  "<\u{10000}/>",
  "<a><![CDATA[</a>&x;<!--]]>]]]]></a>",
])("%j is well-formed", (text) => {
  const withoutDeclaration = text.replace(/<\?xml.*?\?>/, "");
  expect(checkWellFormed(text)).toEqual({ ok: true, value: withoutDeclaration });
});

test.each([
  ["<!-- a -- <b> & --><a><!----><!-->--></a><!-- -->", "<a></a>"],
  ["<a>x<!-- & -->y<?z '&<b>?>z</a>", "<a>xyz</a>"],
  ["<?x-y?><a/><?xml-stylesheet?>", "<a/>"],
])("%j is without comments and instructions", (text, kept) => {
  expect(checkWellFormed(text)).toEqual({ ok: true, value: kept });
});

const NO_ROOT = "There is no root element.";
const OUTSIDE = "Text stands outside the root element.";
const SECOND = "A second root element starts.";
const BAD_REFERENCE = '"&" starts no known entity and no character reference.';
const DOCTYPE = "A document type declaration (DOCTYPE) is refused.";
const NO_TAG = '"<" starts no tag.';
const BAD_END = "An end tag is not well-formed.";
const DECLARATION = "An XML declaration stands after the start.";
const badTag = (name: string): string => `The tag <${name}> is not closed, or an attribute in it is not well-formed.`;

test.each([
  ["", 0, NO_ROOT],
  ["<!-- only -->", 13, NO_ROOT],
  ["<?xml version='1.0'?>", 21, NO_ROOT],
  ["x<a/>", 0, OUTSIDE],
  ["<a/>  x", 6, OUTSIDE],
  ["<a></a>&amp;", 7, OUTSIDE],
  ["<a/>\u00a0", 4, OUTSIDE],
  ["<a/>\ufeff", 4, OUTSIDE],
  ["<![CDATA[x]]><a/>", 0, OUTSIDE],
  ["<a/><![CDATA[]]>", 4, OUTSIDE],
  ["<a/><b/>", 4, SECOND],
  ["<a></a> <a></a>", 8, SECOND],
  ["<a/></a>", 4, "</a> ends no element."],
  ["</a>", 0, "</a> ends no element."],
  ["<a><b></a></b>", 6, "</a> stands where <b> has to end."],
  ["<a></A>", 3, "</A> stands where <a> has to end."],
  ["<a><b>", 6, "The document ends inside <b>."],
  ["<a>text", 7, "The document ends inside <a>."],
  ["<a></a/>", 3, BAD_END],
  ["<a></ a>", 3, BAD_END],
  ["<a></a b='1'>", 3, BAD_END],
  ["<a></>", 3, BAD_END],
  ["<a></a", 3, BAD_END],
  ["<a>&</a>", 3, BAD_REFERENCE],
  ["<a>x&nbsp;</a>", 4, BAD_REFERENCE],
  ['<a b="1" c="x&d"/>', 13, BAD_REFERENCE],
  ["<a>&#0;</a>", 3, BAD_REFERENCE],
  ["<a>&am<!-- -->p;</a>", 3, BAD_REFERENCE],
  ["<!DOCTYPE a><a/>", 0, DOCTYPE],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 0, DOCTYPE],
  ["<a><!DOCTYPE a></a>", 3, DOCTYPE],
  ["<a/><!DOCTYPE a>", 4, DOCTYPE],
  ['<a b="<!--"><!DOCTYPE a> --></a>', 3, badTag("a")],
  ["<!doctype a><a/>", 0, NO_TAG],
  ["<!ENTITY b 'c'><a/>", 0, NO_TAG],
  ["<a><!- x --></a>", 3, NO_TAG],
  ["<a><![CDATA x]]></a>", 3, NO_TAG],
  ["<", 0, NO_TAG],
  ["<a>< b/></a>", 3, NO_TAG],
  ["<a><1/></a>", 3, NO_TAG],
  ["<a><<b/></a>", 3, NO_TAG],
  ["<\u1680/>", 0, NO_TAG],
  ["<a><!-- x </a>", 3, "A comment is not closed."],
  ["<a><!--></a>", 3, "A comment is not closed."],
  ["<a><![CDATA[x</a>", 3, "A CDATA section is not closed."],
  ["<a><?x ></a>", 3, "A processing instruction is not closed."],
  [" <?xml version='1.0'?><a/>", 1, DECLARATION],
  ["<a><?xml?></a>", 3, DECLARATION],
  ["<a", 2, badTag("a")],
  ["<a b", 3, badTag("a")],
  ["<a b>", 3, badTag("a")],
  ["<a b=1>", 3, badTag("a")],
  ["<a b='1>", 3, badTag("a")],
  ['<a b="1"c="2">', 8, badTag("a")],
  ['<a  b="<"/>', 4, badTag("a")],
  ['<a b="1" / >', 9, badTag("a")],
  ["<a/b>", 2, badTag("a")],
  ["<a\u00a0b='1'/>", 2, badTag("a")],
  ["<a\u1680b='1'/>", 2, badTag("a")],
  ["<a b='1' b=\"2\"/>", 9, "Attribute b occurs twice."],
])("%j is not well-formed at %i", (text, at, reason) => {
  expect(checkWellFormed(text)).toEqual({ ok: false, error: { at, reason } });
});

test("the names in a reason are cut", () => {
  const name = "x".repeat(100);
  const cut = `${"x".repeat(60)}…`;
  expect(checkWellFormed(`<${name}>`)).toEqual({
    ok: false,
    error: { at: 102, reason: `The document ends inside <${cut}>.` },
  });
});

const nested = (levels: number, inner: string): string =>
  `${"<a>".repeat(levels - 1)}${inner}${"</a>".repeat(levels - 1)}`;

test("elements may nest as deep as the limit, and no deeper", () => {
  const reason = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
  for (const inner of ["<b/>", "<b></b>", "<b>x</b>"]) {
    expect(checkWellFormed(nested(MAX_DEPTH_LEVELS, inner)).ok).toBe(true);
    const refused = checkWellFormed(nested(MAX_DEPTH_LEVELS + 1, inner));
    expect(refused).toEqual({ ok: false, error: { at: 3 * MAX_DEPTH_LEVELS, reason } });
  }
});

test("there may be as many elements as the limit, and no more", () => {
  const reason = `The body has more than ${MAX_NODES} elements.`;
  const flat = (elements: number): string => `<a>${"<b/>".repeat(elements - 1)}</a>`;
  expect(checkWellFormed(flat(MAX_NODES)).ok).toBe(true);
  expect(checkWellFormed(flat(MAX_NODES + 1))).toEqual({ ok: false, error: { at: 4 * MAX_NODES - 1, reason } });
});
