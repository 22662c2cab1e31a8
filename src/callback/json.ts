/**
 * JSON to the plain tree. Every leaf becomes a string: numbers keep their digits, `true` and `false` their names, null
 * becomes "". XML knows only repetition, so an array of one is its item, an empty array is absent, a repeated member is
 * an array, and an empty object is an empty element, "". JSON.parse reads every body in which it loses nothing, since
 * it is several times faster than a reader in JavaScript.
 */
import { readExactJson, TOO_DEEP, TOO_MANY } from "./exact-json.ts";
import { malformed, malformedAt } from "./failure.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";
import { isNode } from "./tree.ts";
import type { Content, ContentNode, ReadFailure } from "./types.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** What one walk through a body has counted. */
interface Walk {
  /** Members and items, with the root. */
  nodes: number;
  members: number;
  isTooDeep: boolean;
  hasNumbers: boolean;
  /** How long what was walked would be if it were printed without white space, escapes and numbers, in characters. */
  characters: number;
}

/**
 * `text` has no byte order mark, and starts with `{` or `[`. An array of several items at the top gives an empty node.
 */
export function parseJson(text: string): Result<ContentNode, ReadFailure> {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return readExactly(text);
  }
  const walk: Walk = { nodes: 1, members: 0, isTooDeep: false, hasNumbers: false, characters: 0 };
  const tree = toContent(json, 1, walk);
  const problem = passedLimit(walk);
  if (problem !== null) return fail(malformed(problem));
  return walk.hasNumbers || losesMembers(text, walk) ? readExactly(text) : ok(isNode(tree) ? tree : {});
}

function readExactly(text: string): Result<ContentNode, ReadFailure> {
  const tree = readExactJson(text);
  if (!tree.ok) return fail(malformedAt(text, tree.error));
  return ok(isNode(tree.value) ? tree.value : {});
}

/**
 * Whether members were lost: JSON.parse keeps only the last of several with one name. In a text without white space,
 * comparing lengths tells at once. Otherwise the members in the text are counted.
 */
function losesMembers(text: string, walk: Walk): boolean {
  const printed = text.trimEnd().length - charactersOfEscapes(text);
  return printed !== walk.characters && countMembers(text) !== walk.members;
}

/** The strings in a JSON text that are followed by a colon. */
function countMembers(text: string): number {
  let members = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at = endOfString(text, at) + 1;
    while (text.charCodeAt(at) <= SPACE) at += 1;
    if (text.charCodeAt(at) === COLON) members += 1;
  }
  return members;
}

/** The offset of the quote that ends the string that starts at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1;
  return at;
}

const COLON = 0x3a;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** By how much the escapes in a JSON text are longer than the characters that they stand for. */
function charactersOfEscapes(text: string): number {
  let more = 0;
  for (let at = text.indexOf("\\"); at !== -1;) {
    const length = text[at + 1] === "u" ? 6 : 2;
    more += length - 1;
    at = text.indexOf("\\", at + length);
  }
  return more;
}

function passedLimit({ nodes, isTooDeep }: Walk): string | null {
  if (isTooDeep) return TOO_DEEP;
  return nodes > MAX_NODES ? TOO_MANY : null;
}

/** Changes the parsed objects in place, since most of their leaves are strings already. Undefined means absent. */
function toContent(json: Json, depth: number, walk: Walk): Content | undefined {
  if (typeof json === "object" && json !== null) {
    if (depth > MAX_DEPTH_LEVELS) walk.isTooDeep = true;
    if (passedLimit(walk) !== null) return undefined;
    return Array.isArray(json) ? toOccurrences(json, depth, walk) : toNode(json, depth, walk);
  }
  if (typeof json === "number") walk.hasNumbers = true;
  const leaf = String(json ?? "");
  walk.characters += json === null ? "null".length : leaf.length + (typeof json === "string" ? 2 : 0);
  return leaf;
}

function toOccurrences(items: Json[], depth: number, walk: Walk): Content | undefined {
  walk.nodes += items.length;
  // Two brackets, and a comma between items.
  walk.characters += 1 + Math.max(1, items.length);
  const occurrences: Content[] = [];
  for (const item of items) {
    const content = toContent(item, depth + 1, walk);
    if (content !== undefined) occurrences.push(content);
  }
  return occurrences.length > 1 ? occurrences : occurrences[0];
}

function toNode(members: { [name: string]: Json }, depth: number, walk: Walk): Content {
  let isEmpty = true;
  let count = 0;
  let characters = 0;
  for (const name in members) {
    count += 1;
    walk.nodes += 1;
    // The name in its quotes, and a colon.
    characters += name.length + 3;
    const value = members[name] as Json;
    if (typeof value === "string") {
      characters += value.length + 2;
      isEmpty = false;
      continue;
    }
    const content = toContent(value, depth + 1, walk);
    if (content === undefined) delete members[name];
    else {
      isEmpty = false;
      members[name] = content;
    }
  }
  walk.members += count;
  // Two braces, and a comma between members.
  walk.characters += characters + 1 + Math.max(1, count);
  return isEmpty ? "" : (members as ContentNode);
}
