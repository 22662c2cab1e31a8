/**
 * JSON (RFC 8259) to the plain tree, by a strict reader of our own. It is linear and without recursion, but slower than
 * JSON.parse. It gives what JSON.parse does not: where a text stops being JSON and what was expected there, in the same
 * words in every engine; the digits of numbers; and all occurrences of a repeated member.
 */
import { expected, type Fault } from "./failure.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";
import { newNode } from "./tree.ts";
import type { Content, ContentNode } from "./types.ts";

export const TOO_DEEP = `Objects and arrays are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
export const TOO_MANY = `The body has more than ${MAX_NODES} members and items.`;

const SPACE = /[ \t\r\n]*/y;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** An object or array that is not closed yet. */
type Container = OpenObject | { readonly closer: "]"; readonly items: Content[] };

interface OpenObject {
  readonly closer: "}";
  readonly node: ContentNode;
  /** The name of the member that is being read. */
  name: string;
}

/** How far the reader has come. */
interface Scan {
  readonly text: string;
  at: number;
  readonly open: Container[];
  /** Members and items so far, and the root. */
  nodes: number;
  /** The root, once it is read; undefined for an empty array. */
  root: Content | undefined;
}

/** Reads a whole text. An array of one is its item, an empty array is undefined, an empty object is "". */
export function readExactJson(text: string): Result<Content | undefined, Fault> {
  const scan: Scan = { text, at: 0, open: [], nodes: 1, root: undefined };
  let fault = readValue(scan, "a value");
  while (fault === undefined && scan.open.length > 0) fault = readMore(scan);
  if (fault !== undefined) return fail(fault);
  skipSpace(scan);
  return scan.at === text.length ? ok(scan.root) : fail(expected("the end of the body", text, scan.at));
}

/** Section 3: reads a scalar, or an object or array up to its first member or item. `what` names what is expected. */
function readValue(scan: Scan, what: string): Fault | undefined {
  skipSpace(scan);
  const { text, at } = scan;
  const character = text[at];
  if (character === "{") return openContainer(scan, { closer: "}", node: newNode(), name: "" });
  if (character === "[") return openContainer(scan, { closer: "]", items: [] });
  const scalar = character === '"' ? readString(scan) : readLiteral(scan, what);
  if (typeof scalar !== "string") return scalar;
  endValue(scan, scalar);
  return undefined;
}

/** Sections 4 and 5: the start of an object or array, and its end if it is empty. */
function openContainer(scan: Scan, container: Container): Fault | undefined {
  const { text, open } = scan;
  if (open.length === MAX_DEPTH_LEVELS) return { reason: TOO_DEEP, at: scan.at };
  open.push(container);
  scan.at += 1;
  skipSpace(scan);
  if (text[scan.at] === container.closer) {
    closeContainer(scan, container);
    return undefined;
  }
  return container.closer === "}"
    ? readMember(scan, container, 'a member name in double quotes or "}"')
    : readItem(scan, 'a value or "]"');
}

/** What follows a value in an object or array: its end, or a comma and the next value. */
function readMore(scan: Scan): Fault | undefined {
  skipSpace(scan);
  const { text, at } = scan;
  const container = scan.open.at(-1) as Container;
  if (text[at] === container.closer) {
    closeContainer(scan, container);
    return undefined;
  }
  if (text[at] !== ",") return expected(`"," or "${container.closer}"`, text, at);
  scan.at += 1;
  return container.closer === "}"
    ? readMember(scan, container, "a member name in double quotes")
    : readItem(scan, "a value");
}

/** Section 4: `name : value`. */
function readMember(scan: Scan, container: OpenObject, what: string): Fault | undefined {
  skipSpace(scan);
  const { text } = scan;
  if (text[scan.at] !== '"') return expected(what, text, scan.at);
  const name = readString(scan);
  if (typeof name !== "string") return name;
  container.name = name;
  skipSpace(scan);
  if (text[scan.at] !== ":") return expected('":"', text, scan.at);
  scan.at += 1;
  return readItem(scan, "a value");
}

/** A value in an object or array. */
function readItem(scan: Scan, what: string): Fault | undefined {
  scan.nodes += 1;
  return scan.nodes > MAX_NODES ? { reason: TOO_MANY, at: scan.at } : readValue(scan, what);
}

/** The end of an object or array, which is then a value. */
function closeContainer(scan: Scan, container: Container): void {
  scan.open.pop();
  scan.at += 1;
  if (container.closer === "}") endValue(scan, Object.keys(container.node).length === 0 ? "" : container.node);
  else endValue(scan, container.items.length > 1 ? container.items : container.items[0]);
}

/** Puts a value where it belongs. An empty array is absent. */
function endValue(scan: Scan, value: Content | undefined): void {
  const container = scan.open.at(-1);
  if (container === undefined) scan.root = value;
  else if (value === undefined) return;
  else if (container.closer === "]") container.items.push(value);
  else addMember(container, value);
}

/** A repeated member is an array of all its occurrences, in their order. */
function addMember({ node, name }: OpenObject, value: Content): void {
  const earlier = node[name];
  if (earlier === undefined) node[name] = value;
  else {
    const occurrences = Array.isArray(earlier) ? earlier : [earlier];
    for (const occurrence of Array.isArray(value) ? value : [value]) occurrences.push(occurrence);
    node[name] = occurrences;
  }
}

/** Section 7: a string. */
function readString(scan: Scan): string | Fault {
  const { text, at: start } = scan;
  let at = start + 1;
  let hasEscapes = false;
  while (text[at] !== '"') {
    if (at === text.length) return expected("a double quote that ends the string", text, at);
    if (text.charCodeAt(at) < 0x20) return expected("no control character in a string", text, at);
    const end = text[at] === "\\" ? after(ESCAPE, text, at) : at + 1;
    if (end === undefined) return expected("an escape sequence after the backslash", text, at + 1);
    hasEscapes ||= end > at + 1;
    at = end;
  }
  scan.at = at + 1;
  return hasEscapes ? (JSON.parse(text.slice(start, scan.at)) as string) : text.slice(start + 1, at);
}

/** Sections 3 and 6: numbers with their digits, `true` and `false` by name, null as "". */
function readLiteral(scan: Scan, what: string): string | Fault {
  const { text, at } = scan;
  const end = after(LITERAL, text, at);
  if (end === undefined) return expected(what, text, at);
  scan.at = end;
  const literal = text.slice(at, end);
  return literal === "null" ? "" : literal;
}

function skipSpace(scan: Scan): void {
  scan.at = after(SPACE, scan.text, scan.at) as number;
}

/** The offset after the match of a sticky pattern at `from`; undefined if it does not match. */
function after(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
