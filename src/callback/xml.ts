/**
 * XML to the plain tree. Attributes become members `@name`, text beside elements a member `#text`;
 * comments and processing instructions are not content. The only importer of fast-xml-parser, which
 * needs holding: it takes unclosed, doubled and empty documents, and guesses at values, unless told.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { decodeReferences } from "./entities.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { readPlainXml } from "./plain-xml.ts";
import { fail, ok, type Result } from "./result.ts";
import { placeOf } from "./text.ts";
import { addTo, newNode } from "./tree.ts";
import type { ContentNode, ReadFailure } from "./types.ts";

/** Prefix for every element's name on its way through the parser, which refuses some names and reserves others. */
const GUARD = "~";
const ATTRIBUTES = ":@";

/** Comments, CDATA sections and instructions: text inside these is no markup. */
const OPAQUE = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/g;
const ONLY_SPACE = /^[ \t\r\n]*$/;

/** `text` is without byte order mark. Gives a node whose one member is the root element. */
export function parseXml(text: string): Result<ContentNode, ReadFailure> {
  // XML 1.0 section 2.11: a line ends in one line feed, however it was sent.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const plain = readPlainXml(lines);
  return plain === undefined ? parseAnyXml(lines) : ok(plain);
}

/** The same by fast-xml-parser alone: the reference that the fast way is held to. */
export function parseAnyXml(text: string): Result<ContentNode, ReadFailure> {
  const doubt = findForbidden(text);
  if (doubt !== undefined) return fail(doubt);
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) return fail(validatorFailure(text, verdict.err));
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    cdataPropName: "#cdata",
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    maxNestedTags: MAX_DEPTH_LEVELS,
    transformTagName: (name) => (name.startsWith(GUARD) ? name : GUARD + name),
  });
  try {
    return rootOf(parser.parse(text) as Ordered[]);
  } catch (error) {
    return fail(malformed(refusal(error)));
  }
}

const malformed = (reason: string, place: { line: number; column: number } | null = null): ReadFailure => ({
  code: "malformed-body",
  reason,
  line: place?.line ?? null,
  column: place?.column ?? null,
});

/** What the parser or its validator would let pass or misread: declarations, and references to nothing. */
function findForbidden(text: string): ReadFailure | undefined {
  const markup = text.replace(OPAQUE, (opaque) => " ".repeat(opaque.length));
  const declaration = markup.indexOf("<!");
  if (declaration !== -1) {
    const reason = markup.startsWith("<!DOCTYPE", declaration)
      ? "A document type declaration (DOCTYPE) is refused."
      : "A comment, CDATA section or declaration is not closed or not allowed here.";
    return malformed(reason, placeOf(text, declaration));
  }
  const reference = decodeReferences(markup);
  if (typeof reference === "string") return undefined;
  return malformed('"&" starts no known entity and no character reference.', placeOf(text, reference));
}

/** The validator names the place, except where a document ends too early: that place is its end. */
function validatorFailure(text: string, error: { msg: string; line: number; col: number }): ReadFailure {
  if (error.msg.startsWith("Invalid '["))
    return malformed("The document ends inside unclosed elements.", placeOf(text, text.length));
  return { ...malformed(error.msg), line: error.line ?? null, column: error.col ?? null };
}

function refusal(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes("Maximum nested tags") ? TOO_DEEP : `The XML parser refused the body: ${message}`;
}

const TOO_DEEP = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
const TOO_MANY = `The body has more than ${MAX_NODES} elements.`;

/** What the parser gives with `preserveOrder`: one key for the element or text, and one for attributes. */
interface Ordered {
  [name: string]: Ordered[] | string | Record<string, string>;
}

function rootOf(top: Ordered[]): Result<ContentNode, ReadFailure> {
  const count = { elements: 0 };
  const elements = top.filter((item) => nameOf(item).startsWith(GUARD));
  if (elements.length !== 1)
    return fail(malformed(`A document has one root element; this one has ${elements.length}.`));
  const document = newNode();
  const problem = addElement(document, elements[0] as Ordered, 1, count);
  return problem === undefined ? ok(document) : fail(malformed(problem));
}

const nameOf = (item: Ordered): string => Object.keys(item).find((key) => key !== ATTRIBUTES) ?? "";

/** Adds one element and all that is in it; gives the reason where a limit is passed. */
function addElement(
  parent: ContentNode,
  item: Ordered,
  depth: number,
  count: { elements: number },
): string | undefined {
  count.elements += 1;
  if (depth > MAX_DEPTH_LEVELS) return TOO_DEEP;
  if (count.elements > MAX_NODES) return TOO_MANY;
  const guarded = nameOf(item);
  const node = newNode();
  const attributes = Object.entries((item[ATTRIBUTES] ?? {}) as Record<string, string>);
  for (const [name, value] of attributes) addTo(node, name, decodeReferences(value) as string);
  let text = "";
  let hasElements = false;
  for (const child of item[guarded] as Ordered[]) {
    const name = nameOf(child);
    if (name === "#text") text += decodeReferences(child[name] as unknown as string) as string;
    else if (name === "#cdata") text += (child[name] as unknown as [{ "#text": string }])[0]["#text"];
    else {
      hasElements = true;
      const problem = addElement(node, child, depth + 1, count);
      if (problem !== undefined) return problem;
    }
  }
  const name = guarded.slice(GUARD.length);
  if (!hasElements && attributes.length === 0) addTo(parent, name, text);
  else {
    if (hasElements ? !ONLY_SPACE.test(text) : text !== "") addTo(node, "#text", text);
    addTo(parent, name, node);
  }
  return undefined;
}
