/**
 * XML to the plain tree. Attributes become members `@name`, text beside elements becomes a member `#text`; comments and
 * processing instructions are left out. A strict pass comes first, and gives the tree of a plain document. Other
 * documents go through fast-xml-parser; this is its only importer. By itself it accepts unclosed, doubled and empty
 * documents, guesses at values and refuses some names. The strict pass and the options below prevent that. The packages
 * that it imports are left out of the Worker: stand-ins/absent.ts.
 */
import { XMLParser } from "fast-xml-parser";
import { decodeReferences } from "./entities.ts";
import { malformedAt } from "./failure.ts";
import { fail, ok, type Result } from "./result.ts";
import { readStrictXml } from "./strict-xml.ts";
import { addTo, newNode } from "./tree.ts";
import type { ContentNode, ReadFailure } from "./types.ts";

/** `text` has no byte order mark. Gives a node whose only member is the root element. */
export function parseXml(text: string): Result<ContentNode, ReadFailure> {
  // XML 1.0 section 2.11: every line end is one line feed, whatever was sent.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const checked = readStrictXml(lines);
  if (!checked.ok) return fail(malformedAt(lines, checked.error));
  const { tree, content } = checked.value;
  return ok(tree ?? treeOf(content));
}

/** Prefix of every element name inside the parser, which refuses some names and reserves others. */
const GUARD = "~";
const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

const ONLY_SPACE = /^[ \t\r\n]*$/;

/** The tree of a well-formed document, without declaration, comments and instructions, built by fast-xml-parser. */
export function treeOf(content: string): ContentNode {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    cdataPropName: CDATA,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    // Otherwise it makes a path for each text, which nothing reads.
    jPath: false,
    // The strict pass has checked the depth.
    maxNestedTags: Infinity,
    transformTagName: (name) => (name.startsWith(GUARD) ? name : GUARD + name),
  });
  const [root] = parser.parse(content) as [Ordered];
  const document = newNode();
  addElement(document, root);
  return document;
}

/** What the parser gives with `preserveOrder`: one key for the element or text, and one for attributes. */
interface Ordered {
  [name: string]: Ordered[] | string | Record<string, string>;
}

const nameOf = (item: Ordered): string => Object.keys(item).find((key) => key !== ATTRIBUTES) as string;

/** Adds one element with everything in it. */
function addElement(parent: ContentNode, item: Ordered): void {
  const guarded = nameOf(item);
  const node = newNode();
  const attributes = Object.entries((item[ATTRIBUTES] ?? {}) as Record<string, string>);
  // Section 3.3.3: white space in a value becomes spaces, unless it was sent by reference.
  for (const [name, value] of attributes) addTo(node, name, decoded(value.replace(/[\t\n]/g, " ")));
  let text = "";
  let hasElements = false;
  for (const child of item[guarded] as Ordered[]) {
    if (TEXT in child) text += decoded(child[TEXT] as string);
    else if (CDATA in child) text += (child[CDATA] as [{ "#text": string }])[0][TEXT];
    else {
      hasElements = true;
      addElement(node, child);
    }
  }
  const name = guarded.slice(GUARD.length);
  if (!hasElements && attributes.length === 0) addTo(parent, name, text);
  else {
    if (hasElements ? !ONLY_SPACE.test(text) : text !== "") addTo(node, TEXT, text);
    addTo(parent, name, node);
  }
}

/** The strict pass has checked the references. */
const decoded = (text: string): string => decodeReferences(text) as string;
