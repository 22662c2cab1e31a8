/**
 * The readers that are compared: bytes in, and out comes what each of them makes of a callback. Ours gives the
 * record, with everything checked; the others stop at a tree, which is in their favour.
 */
import { XMLParser } from "fast-xml-parser";
import { SaxesParser } from "saxes";
import { parseString } from "xml2js";
import { parseCallback } from "../../src/callback/callback.ts";
import { addTo, newNode } from "../../src/callback/tree.ts";
import type { ContentNode } from "../../src/callback/types.ts";

export type Reader = (bytes: Uint8Array) => unknown;

const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

export const READERS = {
  ours(bytes) {
    const reading = parseCallback(bytes);
    if (!reading.ok || reading.value.jobs.length !== 1) throw new Error("Not read.");
    return reading.value;
  },
  "fast-xml-parser": (bytes) => new XMLParser().parse(textOf(bytes)) as unknown,
  "fast-xml-parser, validating": (bytes) => new XMLParser().parse(textOf(bytes), true) as unknown,
  xml2js(bytes) {
    let tree: unknown;
    parseString(textOf(bytes), (error, result) => {
      if (error !== null) throw error;
      tree = result;
    });
    return tree;
  },
  "saxes, strict": readWithSaxes,
  "JSON.parse": (bytes) => JSON.parse(textOf(bytes)) as unknown,
} satisfies Record<string, Reader>;

export type ReaderName = keyof typeof READERS;

/** A strict SAX parser that builds the tree ours builds: what a correct reader costs that does nothing else. */
function readWithSaxes(bytes: Uint8Array): ContentNode {
  const document = newNode();
  const nodes: { node: ContentNode; name: string; text: string; hasElements: boolean }[] = [];
  const top = { node: document, name: "", text: "", hasElements: false };
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    (nodes.at(-1) ?? top).hasElements = true;
    nodes.push({ node: newNode(), name, text: "", hasElements: false });
  });
  parser.on("text", (text) => {
    const open = nodes.at(-1);
    if (open !== undefined) open.text += text;
  });
  parser.on("closetag", () => {
    const { node, name, text, hasElements } = nodes.pop() as (typeof nodes)[number];
    addTo((nodes.at(-1) ?? top).node, name, hasElements ? node : text);
  });
  parser.write(textOf(bytes)).close();
  return document;
}
