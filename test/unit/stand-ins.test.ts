/** What the Worker has in the place of fast-xml-parser's own imports: every tree is the same as with those. */
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import type * as Xml from "../../src/callback/xml.ts";
import { treeOf } from "../../src/callback/xml.ts";
import { document, edited, holds, scraps } from "../fixtures/generated.ts";
import { callbacks } from "./published.ts";

/** Loaded by Node itself, past the aliases of wrangler.toml that the tests run with. */
const whole = createRequire(import.meta.url)("../../src/callback/xml.ts") as typeof Xml;

/** Whether a text is well-formed XML; asserts that both trees then are the same. */
function agrees(sent: string): boolean {
  const read = readStrictXml(sent.replace(/\r\n?/g, "\n"));
  if (!read.ok) return false;
  const { content } = read.value;
  expect(JSON.stringify(treeOf(content))).toBe(JSON.stringify(whole.treeOf(content)));
  return true;
}

test.each([
  ["<!DOCTYPE a><a/>", "EntityDecoder.addInputEntities"],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "qName"],
])("of a document type, %s, the stand-ins make an error, and it gets nowhere near them", (text, called) => {
  expect(() => treeOf(text)).toThrow(`fast-xml-parser called ${called}, which the Worker does not carry.`);
  expect(readStrictXml(text)).toMatchObject({ ok: false, error: { at: 0 } });
});

const PIECES = [
  "",
  "",
  "x",
  "007",
  "true",
  " &#20170;&lt; ",
  "<![CDATA[<&amp;]]>",
  "<!-- <b> -->",
  "<?x it's?>",
  "<b c='1'/>",
];

/** With what is left to the parser put before the ends of elements. */
const notPlain = fc
  .tuple(document, fc.infiniteStream(fc.constantFrom(...PIECES)))
  .map(([text, pieces]) => text.replaceAll("</", () => `${pieces.next().value as string}</`));

test("the trees are the same for documents that are not plain", () => {
  holds(notPlain, (text) => expect(agrees(text)).toBe(true));
});
test("for these when edited", () => holds(edited(notPlain), agrees, 600));
test("for scraps of markup", () => holds(scraps, agrees, 1_000));
test("for callbacks", () => {
  expect(callbacks.filter((text) => text.startsWith("<")).filter(agrees)).not.toEqual([]);
});
