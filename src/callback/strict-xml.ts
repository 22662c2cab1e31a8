/**
 * One strict pass over an XML document: section 2.1 of XML 1.0, [1] document. It refuses a document that is not
 * well-formed. It builds the tree if the document is plain, as CI's are: elements, attributes and text, with a
 * declaration, comments and instructions only outside the root. Other documents (with CDATA, text beside elements, or
 * comments and instructions inside the root) are only checked here, and fast-xml-parser builds their tree. Property
 * tests hold the two trees equal. Why we have a reader of our own: docs/decisions/0004-a-reader-of-our-own.md.
 */
import { excerptOf, expected, type Fault } from "./failure.ts";
import { guessName, skipSpace } from "./guesses.ts";
import { MAX_DEPTH_LEVELS, MAX_GENERAL_XML_CHARACTERS, MAX_NODES } from "./limits.ts";
import {
  afterCData,
  afterComment,
  afterDeclaration,
  afterEndTag,
  afterInstruction,
  nameAt,
  readStartTag,
  readText,
} from "./productions.ts";
import { fail, ok, type Result } from "./result.ts";
import { addTo, newNode } from "./tree.ts";
import type { ContentNode } from "./types.ts";

const OPEN = 0x3c; // <
const CLOSE = 0x3e; // >
const SLASH = 0x2f; // /
const BANG = 0x21; // !
const QUESTION = 0x3f; // ?

/** A well-formed document. */
export interface Checked {
  /** A node whose only member is the root element; null if the document is not plain. */
  tree: ContentNode | null;
  /** The document without its declaration, comments and instructions, which are not content. */
  content: string;
}

/** An open element. The document itself counts as one, at depth 0. */
interface Open {
  readonly name: string;
  readonly node: ContentNode;
  readonly depth: number;
  readonly outer: Open | null;
}

/** How far the pass has come. */
interface Scan {
  readonly text: string;
  at: number;
  /** The innermost open element, or the document. */
  open: Open;
  /** Elements and attributes so far. */
  elements: number;
  isPlain: boolean;
  /** Where the content starts that is not a declaration, comment or instruction, and the pieces of it before that. */
  contentStart: number;
  content: string;
}

/** `text` has no byte order mark, and its line ends are line feeds. */
export function readStrictXml(text: string): Result<Checked, Fault> {
  const start = afterDeclaration(text);
  if (typeof start !== "number") return fail(start);
  const document = newNode();
  const scan: Scan = {
    text,
    at: skipSpace(text, start),
    open: { name: "", node: document, depth: 0, outer: null },
    elements: 0,
    isPlain: true,
    contentStart: start,
    content: "",
  };
  for (readSimpleElements(scan); scan.at < text.length; readSimpleElements(scan)) {
    const fault = readNext(scan);
    if (fault !== undefined) return fail(fault);
  }
  const fault = faultOfEnd(scan);
  if (fault !== undefined) return fail(fault);
  return ok({ tree: scan.isPlain ? document : null, content: scan.content + text.slice(scan.contentStart) });
}

/**
 * Reads elements in their shortest form: ASCII names, no white space and no attributes in tags, and either elements or
 * text inside. Stops at anything else. Nearly all of every callback has this form, so this loop keeps its state in
 * local variables.
 */
function readSimpleElements(scan: Scan): void {
  const { text } = scan;
  let { at, open, elements } = scan;
  while (text.charCodeAt(at) === OPEN) {
    if (text.charCodeAt(at + 1) === SLASH) {
      if (open.outer === null || !isEndTag(text, at, open.name)) break;
      at = skipSpace(text, at + open.name.length + 3);
      open = open.outer;
      continue;
    }
    if (open.depth === MAX_DEPTH_LEVELS || elements === MAX_NODES || (open.depth === 0 && elements > 0)) break;
    const name = guessName(text, at + 1);
    if (name === "") break;
    const from = at + name.length + 2;
    if (text.charCodeAt(from - 1) === SLASH && text.charCodeAt(from) === CLOSE) {
      addTo(open.node, name, "");
      elements += 1;
      at = skipSpace(text, from + 1);
      continue;
    }
    if (text.charCodeAt(from - 1) !== CLOSE) break;
    const first = skipSpace(text, from);
    if (text.charCodeAt(first) === OPEN && startsName(text.charCodeAt(first + 1))) {
      open = openIn(open, name, newNode());
      at = first;
    } else {
      const simpleEnd = endOfSimpleText(text, first);
      const end = text.charCodeAt(simpleEnd) === OPEN ? simpleEnd : text.indexOf("<", simpleEnd);
      if (!isEndTag(text, end, name)) break;
      const leaf = end === simpleEnd ? text.slice(from, end) : readText(text, from, end);
      if (typeof leaf !== "string") break;
      addTo(open.node, name, leaf);
      at = skipSpace(text, end + name.length + 3);
    }
    elements += 1;
  }
  scan.at = at;
  scan.open = open;
  scan.elements = elements;
}

/** Reads what starts at `at`, whatever it is. */
function readNext(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  if (text.charCodeAt(at) !== OPEN) return readStrayText(scan);
  switch (text.charCodeAt(at + 1)) {
    case SLASH:
      return readEnd(scan);
    case BANG:
      return readDeclared(scan);
    case QUESTION:
      return skipOpaque(scan, afterInstruction(text, at), "instructions");
    default:
      return readElement(scan);
  }
}

/** Reads a start tag, and the text after it if that makes the element a leaf. */
function readElement(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  const tag = readStartTag(text, at);
  if ("reason" in tag) return tag;
  const { name, attributes, isEmpty, end } = tag;
  if (scan.open.depth === 0 && scan.elements > 0)
    return outsideRoot(scan, `a second root element, \`<${excerptOf(name)}>\``);
  if (scan.open.depth === MAX_DEPTH_LEVELS) return { reason: TOO_DEEP, at };
  scan.elements += 1 + attributes.size;
  if (scan.elements > MAX_NODES) return { reason: TOO_MANY, at };
  const node = newNode();
  for (const [attribute, value] of attributes) addTo(node, `@${attribute}`, value);
  const element = { name, node, isBare: attributes.size === 0 };
  if (!isEmpty) return readContent(scan, element, end);
  addLeaf(scan, element, "", end);
  return undefined;
}

/** An element whose start tag was read. It is bare if it has no attributes. */
interface Element {
  name: string;
  node: ContentNode;
  isBare: boolean;
}

/** Reads the text that an element starts with. If its end tag follows, it is a leaf. */
function readContent(scan: Scan, element: Element, from: number): Fault | undefined {
  const { text } = scan;
  const next = text.indexOf("<", from);
  const end = next === -1 ? text.length : next;
  const leaf = readText(text, from, end);
  if (typeof leaf !== "string") return leaf;
  if (text.charCodeAt(end + 1) === SLASH) {
    const after = afterEndTag(text, end, element.name);
    if (typeof after !== "number") return after;
    addLeaf(scan, element, leaf, after);
    return undefined;
  }
  scan.open = openIn(scan.open, element.name, element.node);
  scan.at = end;
  const isBesideElement = skipSpace(text, from) < end && startsName(text.charCodeAt(end + 1));
  return isBesideElement ? leavePlain(scan, from, "text beside elements") : undefined;
}

function openIn(outer: Open, name: string, node: ContentNode): Open {
  addTo(outer.node, name, node);
  return { name, node, depth: outer.depth + 1, outer };
}

/** Adds a leaf whose end tag ends at `end`. If it has attributes, it is a node, and its text is a member. */
function addLeaf(scan: Scan, { name, node, isBare }: Element, leaf: string, end: number): void {
  if (!isBare && leaf !== "") addTo(node, "#text", leaf);
  addTo(scan.open.node, name, isBare ? leaf : node);
  scan.at = skipSpace(scan.text, end);
}

/** Reads an end tag that is not in its shortest form, or not the right one. */
function readEnd(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  const { name, outer } = scan.open;
  if (outer === null) return outsideRoot(scan, `\`</${excerptOf(nameAt(text, at + 2))}>\``);
  const end = afterEndTag(text, at, name);
  if (typeof end !== "number") return end;
  scan.open = outer;
  scan.at = skipSpace(text, end);
  return undefined;
}

/** What starts with `<!`: a comment, a CDATA section, and DOCTYPE, which is refused with all that it can declare. */
function readDeclared(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  if (text.startsWith("<!--", at)) return skipOpaque(scan, afterComment(text, at), "comments");
  if (text.startsWith("<!DOCTYPE", at)) return { reason: DOCTYPE, at };
  if (!text.startsWith("<![CDATA[", at)) return expected("a name after `<`", text, at + 1);
  if (scan.open.depth === 0) return outsideRoot(scan, "a CDATA section");
  const end = afterCData(text, at);
  if (typeof end !== "number") return end;
  scan.at = end;
  return leavePlain(scan, at, "CDATA sections");
}

/** Skips a comment or an instruction that ends at `end`. */
function skipOpaque(scan: Scan, end: number | Fault, what: string): Fault | undefined {
  if (typeof end !== "number") return end;
  const { text, at } = scan;
  scan.content += text.slice(scan.contentStart, at);
  scan.contentStart = end;
  scan.at = end;
  if (scan.open.depth > 0) return leavePlain(scan, at, `${what} inside the root element`);
  scan.at = skipSpace(text, end);
  return undefined;
}

/** Reads text that is not the whole content of an element. */
function readStrayText(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  if (scan.open.depth === 0) return outsideRoot(scan);
  const next = text.indexOf("<", at);
  scan.at = next === -1 ? text.length : next;
  const read = readText(text, at, scan.at);
  return typeof read === "string" ? leavePlain(scan, at, "text beside elements") : read;
}

/** Leaves the tree to fast-xml-parser, unless it could not hold the document. */
function leavePlain(scan: Scan, at: number, what: string): Fault | undefined {
  scan.isPlain = false;
  const isCut = scan.at === scan.text.length;
  if (isCut || scan.text.length <= MAX_GENERAL_XML_CHARACTERS) return undefined;
  return { reason: `XML with ${what} is read up to ${MAX_GENERAL_XML_CHARACTERS} characters.`, at };
}

const TOO_DEEP = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
const TOO_MANY = `The body has more than ${MAX_NODES} elements and attributes.`;
const DOCTYPE = "A document type declaration (DOCTYPE) is refused.";

/** Before and after the root element nothing else may come. */
function outsideRoot({ text, at, elements }: Scan, found?: string): Fault {
  const what = elements === 0 ? "the root element" : "the end of the body";
  return found === undefined ? expected(what, text, at) : { reason: `Expected ${what}, found ${found}.`, at };
}

/** What the document still lacks at the end of the body. */
function faultOfEnd({ text, open, elements }: Scan): Fault | undefined {
  if (open.depth > 0) return expected(`\`</${excerptOf(open.name)}>\``, text, text.length);
  return elements === 0 ? expected("the root element", text, text.length) : undefined;
}

/** Whether `</name>` is at that offset, to the letter. */
const isEndTag = (text: string, at: number, name: string): boolean =>
  text.charCodeAt(at) === OPEN &&
  text.charCodeAt(at + 1) === SLASH &&
  text.startsWith(name, at + 2) &&
  text.charCodeAt(at + 2 + name.length) === CLOSE;

/** Whether what follows `<` is neither an end tag nor other markup. Whether it is a name is checked later. */
const startsName = (code: number): boolean => code !== SLASH && code !== BANG && code !== QUESTION;

/** 1 for a character that ends simple text: markup, references, `]`, surrogates, and what XML does not allow. */
const STOPS = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code += 1) {
  if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff) || code > 0xfffd) STOPS[code] = 1;
}
for (const character of "\t\n") STOPS[character.charCodeAt(0)] = 0;
for (const character of "<&]") STOPS[character.charCodeAt(0)] = 1;

/** The offset of the next character that is not simple text, or the length of the text. */
function endOfSimpleText(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (STOPS[text.charCodeAt(at)] !== 0) return at;
  return text.length;
}
