import { expect, test } from "vitest";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";

/** The tree of a plain document; null of one that is not plain. */
function treeOf(text: string) {
  const read = readStrictXml(text);
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.tree;
}

const declared = (end: string): string => `<?xml version="1.0"${end}?>`;

test.each([
  ["<a/>", { a: "" }],
  ["<a></a>", { a: "" }],
  [" \n\t<a/>\n ", { a: "" }],
  ["<a> x\n</a>", { a: " x\n" }],
  ["<a> </a>", { a: " " }],
  ["<a>]] ]> > \" ' \u0085\u{ffffd}</a>", { a: "]] ]> > \" ' \u0085\u{ffffd}" }],
  ["<a>&lt;&#20170;&#x1F600;&#13;]&gt;</a>", { a: "<今😀\r]>" }],
  ["\n\t <a>\n <b>x</b>\n <c/> </a> ", { a: { b: "x", c: "" } }],
  ["<a><b/><b>x</b><b><c>y</c></b></a>", { a: { b: ["", "x", { c: "y" }] } }],
  [
    "<a><b>1</b><c>2</c><b>3</b><c>4</c><bb>5</bb><b>6</b><c/></a>",
    { a: { b: ["1", "3", "6"], c: ["2", "4", ""], bb: "5" } },
  ],
  ["<_A-1.b><A_><a/></A_></_A-1.b>", { "_A-1.b": { A_: { a: "" } } }],
  ["<constructor><toString>x</toString></constructor>", { constructor: { toString: "x" } }],
  ["<今:天-1.0·><\u{10000}/><a今>😀</a今></今:天-1.0·>", { "今:天-1.0·": { "\u{10000}": "", a今: "😀" } }],
  ["<a ><b\n/><c\t>x</c > <d ></d\n></a >", { a: { b: "", c: "x", d: "" } }],
  ["<a>\n<b>x</b >\n<c/></a>", { a: { b: "x", c: "" } }],
  ['<a b="1" c = \'2\'\n\td=""/>', { a: { "@b": "1", "@c": "2", "@d": "" } }],
  [`<a b='"' c=">" d="&lt;&amp;&#20170;]]>"></a >`, { a: { "@b": '"', "@c": ">", "@d": "<&今]]>" } }],
  ["<a b='1'>x&amp;y</a>", { a: { "@b": "1", "#text": "x&y" } }],
  ["<a b='1'> <c d='2'> </c></a>", { a: { "@b": "1", c: { "@d": "2", "#text": " " } } }],
  ["<a b=' \t\n&#9;&#10;&#13; '/>", { a: { "@b": "   \t\n\r " } }],
  ['<a xmlns="urn:x"><b>y</b></a>', { a: { "@xmlns": "urn:x", b: "y" } }],
])("%j is plain", (text, tree) => {
  expect(treeOf(text)).toEqual(tree);
});

test.each([
  declared(""),
  declared(" encoding='utf-8'"),
  declared(' encoding = "UTF-8" standalone="yes" '),
  declared(" encoding='utf8'"),
  declared("\n standalone='no'"),
  "<?xml\tversion = '1.1'?>",
])("a document may start with %j", (declaration) => {
  expect(readStrictXml(`${declaration}\n<a>x</a>`)).toEqual({
    ok: true,
    value: { tree: { a: "x" }, content: "\n<a>x</a>" },
  });
});

test.each([
  ["<a>x<b/></a>", "<a>x<b/></a>"],
  ["<a><b/>x</a>", "<a><b/>x</a>"],
  ["<a> <![CDATA[x]]></a>", "<a> <![CDATA[x]]></a>"],
  ["<a><![CDATA[</a>&x;<!--]]>]]</a>", "<a><![CDATA[</a>&x;<!--]]>]]</a>"],
  ["<!-- a - <b> & --><a>x<!-- & -->y<?z '&<b>?></a><!-- -->", "<a>xy</a>"],
  ["<a><b/>&#32;<!----></a>", "<a><b/>&#32;</a>"],
  ["<a><?x-y?></a>", "<a></a>"],
])("%j is well-formed but not plain", (text, content) => {
  expect(readStrictXml(text)).toEqual({ ok: true, value: { tree: null, content } });
});

test("comments and instructions outside the root leave a document plain, and are not content", () => {
  const text = "<?xml-stylesheet href='x'?> <!-- x -->\n<a>y</a> <?z?><!-- -->";
  expect(readStrictXml(text)).toEqual({ ok: true, value: { tree: { a: "y" }, content: " \n<a>y</a> " } });
});

test("a node may be called __proto__", () => {
  const tree = treeOf("<__proto__><__proto__ __proto__='z'>x</__proto__><b>y</b></__proto__>") as object;
  const [[name, inner]] = Object.entries(tree) as [[string, object]];
  const [[innerName, leaf], other] = Object.entries(inner) as [[string, object], unknown];
  expect([name, innerName, Object.entries(leaf), other]).toEqual([
    "__proto__",
    "__proto__",
    [
      ["@__proto__", "z"],
      ["#text", "x"],
    ],
    ["b", "y"],
  ]);
});

const END = "found the end of the body.";
const ROOT = "Expected the root element,";
const OVER = "Expected the end of the body,";
const NO_NAME = "Expected a name after `<`,";
const IN_TAG = "Expected an attribute, `>` or `/>` in the tag `<a>`,";
const DOCTYPE = "A document type declaration (DOCTYPE) is refused.";
const LATE = "Expected the XML declaration at the start of the body, found it after the start.";
const DECLARATION =
  'Expected an XML declaration such as `<?xml version="1.0" encoding="UTF-8"?>`, found another form of it.';
const badReference = (found: string): string =>
  `Expected a known entity or a reference to a character that XML allows, found \`${found}\`.`;
const badCharacter = (found: string): string => `Expected a character that XML allows, found "${found}".`;
const badEncoding = (found: string): string => `Expected the encoding UTF-8 in the XML declaration, found ${found}.`;

test.each([
  ["", 0, `${ROOT} ${END}`],
  ["<!-- only -->", 13, `${ROOT} ${END}`],
  ["<?xml version='1.0'?>", 21, `${ROOT} ${END}`],
  ["x<a/>", 0, `${ROOT} found "x".`],
  ["</a>", 0, `${ROOT} found \`</a>\`.`],
  ["<![CDATA[x]]><a/>", 0, `${ROOT} found a CDATA section.`],
  ["<a/>  x", 6, `${OVER} found "x".`],
  ["<a></a>&amp;", 7, `${OVER} found "&".`],
  ["<a/>\u00a0", 4, `${OVER} found "\u00a0".`],
  ["<a/>\ufeff", 4, `${OVER} found "\ufeff".`],
  ["<a/><![CDATA[]]>", 4, `${OVER} found a CDATA section.`],
  ["<a/></a>", 4, `${OVER} found \`</a>\`.`],
  ["<a/><b/>", 4, `${OVER} found a second root element, \`<b>\`.`],
  ["<a></a> <a></a>", 8, `${OVER} found a second root element, \`<a>\`.`],
  // 3.1, "Element Type Match"
  ["<a><b></a></b>", 6, "Expected `</b>`, found `</a>`."],
  ["<a></A>", 3, "Expected `</a>`, found `</A>`."],
  ["<a><b/></ab>", 7, "Expected `</a>`, found `</ab>`."],
  ["<a>x &amp; y</b>", 12, "Expected `</a>`, found `</b>`."],
  ["<a><b>", 6, `Expected \`</b>\`, ${END}`],
  ["<a>text", 7, `Expected \`</a>\`, ${END}`],
  ["<a>text&amp;", 12, `Expected \`</a>\`, ${END}`],
  ["<a><b/>text", 11, `Expected \`</a>\`, ${END}`],
  ["<a></a/>", 6, 'Expected `>` after `</a`, found "/".'],
  ["<a></ a>", 5, 'Expected a name after `</`, found " ".'],
  ["<a><b/></a b='1'>", 11, 'Expected `>` after `</a`, found "b".'],
  ["<a></>", 5, 'Expected a name after `</`, found ">".'],
  ["<a></a", 6, `Expected \`>\` after \`</a\`, ${END}`],
  // 4.1
  ["<a>&</a>", 3, badReference("&")],
  ["<a>x&nbsp;</a>", 4, badReference("&nbsp;")],
  ['<a b="1" c="x&d"/>', 13, badReference("&d")],
  ["<a>&#0;</a>", 3, badReference("&#0;")],
  ["<a>&#1;</a>", 3, badReference("&#1;")],
  ["<a>&#xFFFE;</a>", 3, badReference("&#xFFFE;")],
  ["<a>&am<!-- -->p;</a>", 3, badReference("&am")],
  // 2.2
  ["<a>x\u0000</a>", 4, badCharacter("\\u0000")],
  ["<a>\u001f</a>", 3, badCharacter("\\u001f")],
  ["<a>\uffff</a>", 3, badCharacter("\uffff")],
  ["<a>\ud800</a>", 3, badCharacter("\\ud800")],
  ["<a>\udc00\ud800</a>", 3, badCharacter("\\udc00")],
  ["<a><b/>\u0001</a>", 7, badCharacter("\\u0001")],
  ['<a b="\u0001"/>', 6, badCharacter("\\u0001")],
  ["<a><!--\u0001--></a>", 7, badCharacter("\\u0001")],
  ["<a><?x \u0001?></a>", 7, badCharacter("\\u0001")],
  ["<a><![CDATA[\u0001]]></a>", 12, badCharacter("\\u0001")],
  // 2.4
  ["<a>x]]></a>", 4, "Expected `]]&gt;` in text, found `]]>`."],
  ["<a><b/>]]></a>", 7, "Expected `]]&gt;` in text, found `]]>`."],
  // 2.5
  ["<a><!-- x </a>", 3, "The comment is not closed: expected `-->`, found the end of the body."],
  ["<a><!--></a>", 3, "The comment is not closed: expected `-->`, found the end of the body."],
  ["<!-- a -- b --><a/>", 7, "Expected `-->` to end the comment, found `--`."],
  ["<a/><!-- x --->", 11, "Expected `-->` to end the comment, found `--`."],
  // 2.6
  ["<a><?x ></a>", 3, "The processing instruction is not closed: expected `?>`, found the end of the body."],
  ["<a><? x?></a>", 5, 'Expected a name after `<?`, found " ".'],
  ["<?1?><a/>", 2, 'Expected a name after `<?`, found "1".'],
  ['<a/><?x"y"?>', 7, 'Expected white space after `<?x`, found "\\"".'],
  ["<?XML version='1.0'?><a/>", 0, "The target `XML` is reserved by XML."],
  [" <?xml version='1.0'?><a/>", 1, LATE],
  ["<a><?xml?></a>", 3, LATE],
  // 2.7
  ["<a><![CDATA[x</a>", 3, "The CDATA section is not closed: expected `]]>`, found the end of the body."],
  // 2.8
  ["<?xml?><a/>", 0, DECLARATION],
  ["<?xml ?><a/>", 0, DECLARATION],
  ["<?xml version=1.0?><a/>", 0, DECLARATION],
  ["<?xml version='2.0'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0\"?><a/>", 0, DECLARATION],
  ["<?xml encoding='utf-8'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0' standalone='maybe'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0' standalone='yes' encoding='utf-8'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0'encoding='utf-8'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0' encoding='-'?><a/>", 0, DECLARATION],
  ["<?xml version='1.0'", 0, DECLARATION],
  // 4.3.3
  ["<?xml version='1.0' encoding='GBK'?><a/>", 30, badEncoding("GBK")],
  ['<?xml version="1.0" encoding="UTF-16"?><a/>', 30, badEncoding("UTF-16")],
  ['<?xml version="1.0" encoding="encoding"?><a/>', 30, badEncoding("encoding")],
  ["<!DOCTYPE a><a/>", 0, DOCTYPE],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 0, DOCTYPE],
  ["<a><!DOCTYPE a></a>", 3, DOCTYPE],
  ["<a/><!DOCTYPE a>", 4, DOCTYPE],
  ["<!doctype a><a/>", 1, `${NO_NAME} found "!".`],
  ["<!ENTITY b 'c'><a/>", 1, `${NO_NAME} found "!".`],
  ["<a><!- x --></a>", 4, `${NO_NAME} found "!".`],
  ["<a><![CDATA x]]></a>", 4, `${NO_NAME} found "!".`],
  // 3.1
  ["<", 1, `${NO_NAME} ${END}`],
  ["<a>< b/></a>", 4, `${NO_NAME} found " ".`],
  ["<a><1/></a>", 4, `${NO_NAME} found "1".`],
  ["<a><<b/></a>", 4, `${NO_NAME} found "<".`],
  ["<\u1680/>", 1, `${NO_NAME} found "\u1680".`],
  ["<a", 2, `${IN_TAG} ${END}`],
  ['<a b="1"c="2">', 8, `${IN_TAG} found "c".`],
  ['<a b="1" / >', 9, `${IN_TAG} found "/".`],
  ["<a/b>", 2, `${IN_TAG} found "/".`],
  ["<a\u00a0b='1'/>", 2, `${IN_TAG} found "\u00a0".`],
  ["<a 1='1'/>", 3, `${IN_TAG} found "1".`],
  ["<a b", 4, `Expected \`=\` after the attribute \`b\`, ${END}`],
  ["<a b>", 4, 'Expected `=` after the attribute `b`, found ">".'],
  ["<a b=1>", 5, 'Expected the value of the attribute `b` in quotes, found "1".'],
  ["<a b='1>", 8, `Expected a quote that ends the value of the attribute \`b\`, ${END}`],
  ['<a  b="x<"/>', 8, "Expected `&lt;` in the value of an attribute, found `<`."],
  ['<a b="<!--"><!DOCTYPE a> --></a>', 6, "Expected `&lt;` in the value of an attribute, found `<`."],
  ["<a b='1' b=\"2\"/>", 9, "Expected each attribute once, found `b` twice."],
])("%j is not well-formed at %i", (text, at, reason) => {
  expect(readStrictXml(text)).toEqual({ ok: false, error: { at, reason } });
});

test("the names in a reason are cut", () => {
  const name = "x".repeat(100);
  const cut = `${"x".repeat(60)}…`;
  const reason = `Expected \`</${cut}>\`, ${END}`;
  expect(readStrictXml(`<${name}>`)).toEqual({ ok: false, error: { at: 102, reason } });
});

const nested = (levels: number, inner: string): string =>
  `${"<a>".repeat(levels - 1)}${inner}${"</a>".repeat(levels - 1)}`;

test("elements may nest as deep as the limit, and no deeper", () => {
  const reason = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
  for (const inner of ["<b/>", "<b></b>", "<b>x</b>", "<b />"]) {
    expect(treeOf(nested(MAX_DEPTH_LEVELS, inner))).not.toBeNull();
    const refused = readStrictXml(nested(MAX_DEPTH_LEVELS + 1, inner));
    expect(refused).toEqual({ ok: false, error: { at: 3 * MAX_DEPTH_LEVELS, reason } });
  }
});

test("there may be as many elements and attributes as the limit, and no more", () => {
  const reason = `The body has more than ${MAX_NODES} elements and attributes.`;
  const flat = (elements: number, last: string): string => `<a>${"<b/>".repeat(elements - 2)}${last}</a>`;
  expect(treeOf(flat(MAX_NODES, "<b/>"))).not.toBeNull();
  expect(treeOf(flat(MAX_NODES - 1, "<b c=''/>"))).not.toBeNull();
  for (const text of [flat(MAX_NODES + 1, "<b/>"), flat(MAX_NODES + 1, "<b ></b>"), flat(MAX_NODES, "<b c=''/>")]) {
    const read = readStrictXml(text);
    expect(!read.ok && [read.error.reason, text.slice(read.error.at, read.error.at + 2)]).toEqual([reason, "<b"]);
  }
});

test("what was learnt from one body does not change what is read from another", () => {
  const tree = { root: { first: "1", second: "2", third: { fourth: "4" } } };
  const body = "<root><first>1</first><second>2</second><third><fourth>4</fourth></third></root>";
  expect(treeOf(body)).toEqual(tree);
  for (const other of [
    "<root><first/><seconds>1</seconds></root>",
    "<root><first>1</first><second/></root>",
    "<root><first>1</first><second >2</second><third a='1'/></root>",
    "<root>\n  <first>1</first>\n    <second>2</second>\n</root>",
    "<root>\t<first>1</first>\t\n\t\n<second>2</second> \t</root>",
    `<root>${"\n".repeat(100)}<first/>${" ".repeat(100)}<first/></root>`,
  ]) {
    const read = treeOf(other);
    expect(treeOf(body)).toEqual(tree);
    expect(treeOf(other)).toEqual(read);
  }
  expect(readStrictXml("<root><first/><second").ok).toBe(false);
});

test("names of any number and length are read, and those known before come back after them", () => {
  const names = Array.from({ length: 3000 }, (_, index) => `n${index}`.padEnd(1 + (index % 200), "x"));
  const expected = Object.fromEntries(names.map((name) => [name, name]));
  const body = `<a>${names.map((name) => `<${name}>${name}</${name}>`).join("")}</a>`;
  expect(treeOf(body)).toEqual({ a: expected });
  expect(treeOf(body)).toEqual({ a: expected });
});
