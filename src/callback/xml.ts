/**
 * XML to the plain tree. Attributes become members `@name`, text beside elements a member `#text`; comments and
 * processing instructions are not content. The only importer of fast-xml-parser, which needs holding: it takes
 * unclosed, doubled and empty documents, guesses at values, and refuses some names, unless told.
 */
import { XMLParser } from "fast-xml-parser";
import { decodeReferences } from "./entities.ts";
import { malformed, malformedAt } from "./failure.ts";
import { MAX_GENERAL_XML_CHARACTERS } from "./limits.ts";
import { readPlainXml } from "./plain-xml.ts";
import { fail, ok, type Result } from "./result.ts";
import { addTo, newNode } from "./tree.ts";
import type { ContentNode, ReadFailure } from "./types.ts";
import { checkWellFormed } from "./well-formed.ts";

/** Prefix for every element's name on its way through the parser, which refuses some names and reserves others. */
const GUARD = "~";
const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

const ONLY_SPACE = /^[ \t\r\n]*$/;

/** `text` is without byte order mark. Gives a node whose one member is the root element. */
export function parseXml(text: string): Result<ContentNode, ReadFailure> {
  // XML 1.0 section 2.11: a line ends in one line feed, however it was sent.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const plain = readPlainXml(lines);
  return plain === undefined ? parseAnyXml(lines, MAX_GENERAL_XML_CHARACTERS) : ok(plain);
}

/** The same by fast-xml-parser alone, for text without carriage returns: the reference that the fast way is held to. */
export function parseAnyXml(text: string, limit = Infinity): Result<ContentNode, ReadFailure> {
  const checked = checkWellFormed(text);
  if (!checked.ok) return fail(malformedAt(text, checked.error));
  if (text.length > limit)
    return fail(malformed(`XML beyond plain elements and text is read up to ${limit} characters.`));
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    cdataPropName: CDATA,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    // Depth is checked already, with its place.
    maxNestedTags: Infinity,
    transformTagName: (name) => (name.startsWith(GUARD) ? name : GUARD + name),
  });
  const [root] = parser.parse(checked.value) as [Ordered];
  const document = newNode();
  addElement(document, root);
  return ok(document);
}

/** What the parser gives with `preserveOrder`: one key for the element or text, and one for attributes. */
interface Ordered {
  [name: string]: Ordered[] | string | Record<string, string>;
}

const nameOf = (item: Ordered): string => Object.keys(item).find((key) => key !== ATTRIBUTES) as string;

/** Adds one element and all that is in it. */
function addElement(parent: ContentNode, item: Ordered): void {
  const guarded = nameOf(item);
  const node = newNode();
  const attributes = Object.entries((item[ATTRIBUTES] ?? {}) as Record<string, string>);
  for (const [name, value] of attributes) addTo(node, name, decodeReferences(value) as string);
  let text = "";
  let hasElements = false;
  for (const child of item[guarded] as Ordered[]) {
    if (TEXT in child) text += decodeReferences(child[TEXT] as string) as string;
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
