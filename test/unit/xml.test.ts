import { expect, test } from "vitest";
import { MAX_GENERAL_XML_CHARACTERS } from "../../src/callback/limits.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import { parseXml, treeOf } from "../../src/callback/xml.ts";

/** The tree that fast-xml-parser gives, whether a document is plain or not. */
function parserTree(text: string) {
  const checked = readStrictXml(text);
  return checked.ok && treeOf(checked.value.content);
}

test.each([
  ["a plain document", "<a><b>x</b><b/></a>", { a: { b: ["x", ""] } }],
  ["attributes", '<a b="1" c="&lt;&#20170;"/>', { a: { "@b": "1", "@c": "<今" } }],
  ["attributes of a leaf", '<a b=" 1\t\n&#10;">x </a>', { a: { "@b": " 1  \n", "#text": "x " } }],
  ["attributes beside CDATA", '<a b="\t&#9;"><![CDATA[\t]]></a>', { a: { "@b": " \t", "#text": "\t" } }],
  ["attributes of a node", "<a b='1'>\n<c>x</c></a>", { a: { "@b": "1", c: "x" } }],
  ["text beside elements", "<a>x<b/> y</a>", { a: { b: "", "#text": "x y" } }],
  ["white space between elements", "<a>\n <b/>\t</a>", { a: { b: "" } }],
  ["white space in a leaf", "<a>\n <b> \n</b><c>\u00a0</c></a >", { a: { b: " \n", c: "\u00a0" } }],
  ["comments", "<a><!-- <b> -->x<!-- & -->y</a>", { a: "xy" }],
  ["CDATA", "<a>x<![CDATA[<&amp;>]]>&amp;<![CDATA[]]></a>", { a: "x<&amp;>&" }],
  ["instructions with quotes", "<a><?x it's?><b>don't</b><?y?></a>", { a: { b: "don't" } }],
  ["space in tags", "<a ><b\n/><b ></b ></a\t>", { a: { b: ["", ""] } }],
  ["names beyond ASCII", "<ns:今><é/></ns:今>", { "ns:今": { é: "" } }],
  [
    "numbers and names of values",
    "<a ><b>007</b><b>1e5</b><b>0x1F</b><b>true</b><b>-0</b></a>",
    { a: { b: ["007", "1e5", "0x1F", "true", "-0"] } },
  ],
  [
    "names the parser refuses",
    "<a ><constructor/><prototype>x</prototype><toString/></a>",
    { a: { constructor: "", prototype: "x", toString: "" } },
  ],
])("%s", (_name, text, tree) => {
  expect(parseXml(text)).toEqual({ ok: true, value: tree });
  expect(parserTree(text)).toEqual(tree);
});

test("an element and an attribute may be called __proto__", () => {
  const read = parseXml('<a __proto__="x"><__proto__>y</__proto__></a>');
  const entries = read.ok && Object.entries(read.value["a"] as object);
  expect(entries).toEqual([
    ["@__proto__", "x"],
    ["__proto__", "y"],
  ]);
});

test.each([
  ["<a>x\r\ny\rz\n</a>", "x\ny\nz\n"],
  ["<a>\r\r\n\n</a>", "\n\n\n"],
  ["<a>&#13;&#xD;\n</a>", "\r\r\n"],
  ["<a ><![CDATA[\r\n]]></a>", "\n"],
])("%j ends its lines in line feeds, unless by reference", (text, leaf) => {
  expect(parseXml(text)).toEqual({ ok: true, value: { a: leaf } });
});

test("what is not well-formed fails with its place", () => {
  expect(parseXml("<a>\r\n  <b>今😀</b>\r  <c></b>\r\n</a>")).toEqual({
    ok: false,
    error: { kind: "malformed", reason: "Expected `</c>`, found `</b>`.", line: 3, column: 6 },
  });
});

test("only plain documents may be larger than the parser can hold", () => {
  const text = "x".repeat(MAX_GENERAL_XML_CHARACTERS);
  expect(parseXml(`<a>${text}</a>`)).toEqual({ ok: true, value: { a: text } });
  const sound = `<?x?><!-- --><a xmlns="urn:a"><JobId >1</JobId ><Message /><b>${text}</b ></a><!-- -->`;
  expect(parseXml(sound)).toEqual({ ok: true, value: { a: { "@xmlns": "urn:a", JobId: "1", Message: "", b: text } } });
  const reason = `XML with CDATA sections is read up to ${MAX_GENERAL_XML_CHARACTERS} characters.`;
  expect(parseXml(`<a>\n<![CDATA[]]>${text}</a>`)).toEqual({
    ok: false,
    error: { kind: "malformed", reason, line: 2, column: 1 },
  });
  const small = text.slice("<a><![CDATA[]]></a>".length);
  expect(parseXml(`<a><![CDATA[]]>${small}</a>`)).toEqual({ ok: true, value: { a: small } });
});

test("a large document that is cut short says so, plain or not", () => {
  const text = "x".repeat(MAX_GENERAL_XML_CHARACTERS);
  for (const cut of [`<a>${text}`, `<a><b/>${text}`, `<a>&amp;${text}`]) {
    const read = parseXml(cut);
    expect(!read.ok && read.error.reason).toBe("Expected `</a>`, found the end of the body.");
  }
});
