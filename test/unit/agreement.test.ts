/** The differential test of the reader of our own: of every plain document, fast-xml-parser builds the same tree. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "../../src/callback/limits.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import { treeOf } from "../../src/callback/xml.ts";
import { document, edited, holds, scraps } from "../fixtures/generated.ts";
import { callbacks } from "./published.ts";

/** Whether a text is plain XML; asserts that the trees then are the same. */
function agrees(sent: string): boolean {
  const read = readStrictXml(sent.replace(/\r\n?/g, "\n"));
  if (!read.ok) return false;
  const { tree, content } = read.value;
  if (tree !== null) expect(JSON.stringify(treeOf(content))).toBe(JSON.stringify(tree));
  return tree !== null;
}

const xmlCallbacks = fc.constantFrom(...callbacks.filter((text) => /^\s*</.test(text)));

test("they agree on generated documents, all of which both read", () => {
  holds(document, (text) => expect(agrees(text)).toBe(true));
});
test("they agree on edited documents", () => holds(edited(document), agrees, 600));
test("they agree on edited callbacks", () => holds(edited(xmlCallbacks), agrees, 400));
test("they agree on scraps of markup", () => holds(scraps, agrees, 1_000));

test("they agree at the limits", () => {
  const nested = (levels: number, inner: string): string =>
    `${"<a>".repeat(levels - 1)}${inner}${"</a>".repeat(levels - 1)}`;
  const flat = (elements: number): string => `<a>${"<b/>".repeat(elements - 1)}</a>`;
  const atLimits = ["<b/>", "<b></b>", "<b>x</b>"].map((inner) => nested(MAX_DEPTH_LEVELS, inner));
  expect(atLimits.map(agrees)).toEqual([true, true, true]);
  const beyond = [...atLimits.map((text) => `<a>${text}</a>`), flat(MAX_NODES + 1)];
  expect(beyond.map((text) => readStrictXml(text).ok)).toEqual(beyond.map(() => false));
});
