/**
 * One strict reader of XML: section 2.1 of XML 1.0, [1] document. It refuses what is not well-formed and builds the
 * tree of the rest. Attributes become members `@name`, text beside elements or attributes a member `#text`; comments
 * and instructions are not content. A document is first read as a plain one, which is all that CI sends: white space
 * between elements is skipped, and most of the work is one loop. At the first CDATA section, text beside elements, or
 * comment or instruction inside the root, the reader starts over and keeps all text.
 * Property tests hold its trees equal to those of fast-xml-parser. Why it is worth its lines:
 * docs/decisions/0004-a-reader-of-our-own.md.
 */
import { excerptOf, expected, type Fault } from "./failure.ts";
import { guessName, skipSpace } from "./guesses.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import {
  afterCData,
  afterComment,
  afterDeclaration,
  afterEndTag,
  afterInstruction,
  endOfSimpleText,
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

/** An open element. The document is one of depth 0, in none. */
interface Open {
  readonly name: string;
  readonly node: ContentNode;
  readonly depth: number;
  readonly outer: Open | null;
  /** What stands directly in the element, so far: only white space in a plain document. */
  text: string;
}

/** How far the pass has come. */
interface Scan {
  readonly text: string;
  at: number;
  /** The innermost open element, or the document. */
  open: Open;
  /** Elements and attributes so far. */
  elements: number;
  /** Whether all text is kept. Set in a plain pass, it ends that pass. */
  keepsText: boolean;
}

/** `text` is without byte order mark, and its line ends are line feeds. Gives a node whose one member is the root element. */
export function readStrictXml(text: string): Result<ContentNode, Fault> {
  const start = afterDeclaration(text);
  if (typeof start !== "number") return fail(start);
  const plain = readDocument(text, start, false);
  return plain.keepsText ? readDocument(text, start, true).result : plain.result;
}

/** `keepsText` of the answer: the document is not plain, and is to be read with all its text. */
function readDocument(text: string, start: number, keepsText: boolean) {
  const open: Open = { name: "", node: newNode(), depth: 0, outer: null, text: "" };
  const scan: Scan = { text, at: skipSpace(text, start), open, elements: 0, keepsText };
  let fault: Fault | undefined;
  while (fault === undefined && scan.keepsText === keepsText) {
    if (!keepsText) readSimpleElements(scan);
    if (scan.at >= text.length) break;
    fault = readNext(scan);
  }
  fault ??= faultOfEnd(scan);
  return { keepsText: scan.keepsText, result: fault === undefined ? ok(open.node) : fail(fault) };
}

/**
 * Reads elements in their shortest form, and stops at anything else: ASCII names, no white space and no attributes in
 * tags, either elements inside or text. Nearly all of every callback is such, so this loop keeps its state in locals.
 */
function readSimpleElements(scan: Scan): void {
  const { text } = scan;
  let { at, open, elements } = scan;
  while (text.charCodeAt(at) === OPEN) {
    if (text.charCodeAt(at + 1) === SLASH) {
      if (open.outer === null || !isEndTag(text, at, open.name)) break;
      at = skipSpace(text, at + open.name.length + 3);
      addTo(open.outer.node, open.name, open.node);
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
      open = openIn(open, name, newNode(), "");
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
      return skipOpaque(scan, afterInstruction(text, at));
    default:
      return readElement(scan);
  }
}

/** Reads a start tag, and the text after it where that makes the element a leaf. */
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
  if (!isEmpty) return readContent(scan, name, node, end);
  addElement(scan, name, contentOf(node, ""), end);
  return undefined;
}

/** Reads the text that an element starts with. If its end tag follows, it is a leaf. */
function readContent(scan: Scan, name: string, node: ContentNode, from: number): Fault | undefined {
  const { text } = scan;
  const end = endOfText(text, from);
  const leaf = readText(text, from, end);
  if (typeof leaf !== "string") return leaf;
  if (text.charCodeAt(end + 1) === SLASH) {
    const after = afterEndTag(text, end, name);
    if (typeof after !== "number") return after;
    addElement(scan, name, contentOf(node, leaf), after);
    return undefined;
  }
  scan.open = openIn(scan.open, name, node, leaf);
  scan.at = end;
  if (skipSpace(text, from) < end) scan.keepsText = true;
  return undefined;
}

const openIn = (outer: Open, name: string, node: ContentNode, text: string): Open => ({
  name,
  node,
  depth: outer.depth + 1,
  outer,
  text,
});

/** An element's content, with its attributes and elements in `node`. White space between elements is not content. */
function contentOf(node: ContentNode, text: string): string | ContentNode {
  const members = Object.keys(node);
  if (members.length === 0) return text;
  const hasElements = members.some((name) => !name.startsWith("@"));
  if (hasElements ? !ONLY_SPACE.test(text) : text !== "") addTo(node, "#text", text);
  return node;
}

const ONLY_SPACE = /^[ \t\r\n]*$/;

/** Adds an element that ends at `end` to the one around it. */
function addElement(scan: Scan, name: string, content: string | ContentNode, end: number): void {
  addTo(scan.open.node, name, content);
  goOn(scan, end);
}

/** Goes on after markup. Where text is kept, white space inside the root is read like any. */
function goOn(scan: Scan, end: number): void {
  scan.at = scan.keepsText && scan.open.depth > 0 ? end : skipSpace(scan.text, end);
}

/** Reads an end tag that is not in its shortest form, or not the right one. */
function readEnd(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  const { name, node, outer } = scan.open;
  if (outer === null) return outsideRoot(scan, `\`</${excerptOf(nameAt(text, at + 2))}>\``);
  const end = afterEndTag(text, at, name);
  if (typeof end !== "number") return end;
  const content = contentOf(node, scan.open.text);
  scan.open = outer;
  addElement(scan, name, content, end);
  return undefined;
}

/** What starts with `<!`: a comment, a CDATA section, and DOCTYPE, which is refused with all that it can declare. */
function readDeclared(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  if (text.startsWith("<!--", at)) return skipOpaque(scan, afterComment(text, at));
  if (text.startsWith("<!DOCTYPE", at)) return { reason: DOCTYPE, at };
  if (!text.startsWith("<![CDATA[", at)) return expected("a name after `<`", text, at + 1);
  if (scan.open.depth === 0) return outsideRoot(scan, "a CDATA section");
  const end = afterCData(text, at);
  if (typeof end !== "number") return end;
  keepText(scan, text.slice(at + "<![CDATA[".length, end - "]]>".length), end);
  return undefined;
}

/** Skips a comment or an instruction that ends at `end`. */
function skipOpaque(scan: Scan, end: number | Fault): Fault | undefined {
  if (typeof end !== "number") return end;
  if (scan.open.depth > 0) scan.keepsText = true;
  goOn(scan, end);
  return undefined;
}

/** Text that is not the start of an element's content. */
function readStrayText(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  if (scan.open.depth === 0) return outsideRoot(scan);
  const end = endOfText(text, at);
  const read = readText(text, at, end);
  if (typeof read !== "string") return read;
  keepText(scan, read, end);
  return undefined;
}

function keepText(scan: Scan, text: string, end: number): void {
  scan.open.text += text;
  scan.keepsText = true;
  scan.at = end;
}

/** The offset of the next markup, or the length of the text. */
function endOfText(text: string, from: number): number {
  const next = text.indexOf("<", from);
  return next === -1 ? text.length : next;
}

const TOO_DEEP = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
const TOO_MANY = `The body has more than ${MAX_NODES} elements and attributes.`;
const DOCTYPE = "A document type declaration (DOCTYPE) is refused.";

/** Before the root element only that may come, and after it nothing. */
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

/** After `<`: whether this is neither an end tag nor other markup. If it is no name either, that is found out later. */
const startsName = (code: number): boolean => code !== SLASH && code !== BANG && code !== QUESTION;
