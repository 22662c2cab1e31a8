/** The tree that fast-xml-parser gives of a well-formed document: what the reader's own is held to. */
import { XMLParser } from "fast-xml-parser";
import { decodeReferences } from "../../src/callback/entities.ts";
import { addTo, newNode } from "../../src/callback/tree.ts";
import type { ContentNode } from "../../src/callback/types.ts";

/** Prefix for the name of every element on its way through the parser, which refuses some names and reserves others. */
const GUARD = "~";
const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

const ONLY_SPACE = /^[ \t\r\n]*$/;

/** What is no content, which the parser takes for content where it has quotes; and CDATA sections, which may look like it. */
const OPAQUE = /<!\[CDATA\[[^]*?\]\]>|<!--[^]*?-->|<\?[^]*?\?>/g;

/** `text` is well-formed, and its line ends are line feeds. */
export function referenceTreeOf(text: string): ContentNode {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    cdataPropName: CDATA,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    maxNestedTags: Infinity,
    transformTagName: (name) => (name.startsWith(GUARD) ? name : GUARD + name),
  });
  const content = text.replace(OPAQUE, (found) => (found.startsWith("<![CDATA[") ? found : ""));
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

function addElement(parent: ContentNode, item: Ordered): void {
  const guarded = nameOf(item);
  const node = newNode();
  const attributes = Object.entries((item[ATTRIBUTES] ?? {}) as Record<string, string>);
  // Section 3.3.3: white space in a value is spaces, except by reference.
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

const decoded = (text: string): string => decodeReferences(text) as string;
