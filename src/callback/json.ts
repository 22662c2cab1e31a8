/**
 * JSON to the plain tree. Every leaf becomes a string: numbers keep their digits, `true` and `false`
 * their names, null becomes "". An array of one is its item and an empty one is absent, since XML
 * knows no other; an empty object is an empty element, "".
 */
import { malformed, malformedAt } from "./failure.ts";
import { firstFault } from "./json-fault.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";
import { isNode } from "./tree.ts";
import type { Content, ContentNode, ReadFailure } from "./types.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** What one walk through a body has met: its members and items, and whether a number is among them. */
interface Walk {
  nodes: number;
  isTooDeep: boolean;
  hasNumbers: boolean;
}

const newWalk = (): Walk => ({ nodes: 1, isTooDeep: false, hasNumbers: false });

/** `text` is without byte order mark and starts with `{` or `[`. A list of several at the top gives an empty node. */
export function parseJson(text: string): Result<ContentNode, ReadFailure> {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return fail(malformedAt(text, firstFault(text)));
  }
  const walk = newWalk();
  let tree = toContent(json, 1, walk);
  const problem = passedLimit(walk);
  if (problem !== null) return fail(malformed(problem));
  // A reviver is the only way to a number's digits and costs several times the parse: only where there are any.
  if (walk.hasNumbers) tree = toContent(JSON.parse(text, digitsOf) as Json, 1, newWalk());
  return ok(isNode(tree) ? tree : {});
}

const digitsOf = (_name: string, value: Json, context?: { source?: string }): Json =>
  typeof value === "number" && context?.source !== undefined ? context.source : value;

function passedLimit({ nodes, isTooDeep }: Walk): string | null {
  if (isTooDeep) return `Objects and arrays are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
  return nodes > MAX_NODES ? `The body has more than ${MAX_NODES} members and items.` : null;
}

/** Changes the parsed objects in place, since most of their leaves are strings already. Undefined is absent. */
function toContent(json: Json, depth: number, walk: Walk): Content | undefined {
  if (typeof json === "string") return json;
  if (json === null) return "";
  if (typeof json === "number") walk.hasNumbers = true;
  if (typeof json !== "object") return String(json);
  if (depth > MAX_DEPTH_LEVELS) walk.isTooDeep = true;
  if (passedLimit(walk) !== null) return undefined;
  return Array.isArray(json) ? toOccurrences(json, depth, walk) : toNode(json, depth, walk);
}

function toOccurrences(items: Json[], depth: number, walk: Walk): Content | undefined {
  walk.nodes += items.length;
  const occurrences: Content[] = [];
  for (const item of items) {
    const content = toContent(item, depth + 1, walk);
    if (content !== undefined) occurrences.push(content);
  }
  return occurrences.length > 1 ? occurrences : occurrences[0];
}

function toNode(members: { [name: string]: Json }, depth: number, walk: Walk): Content {
  let isEmpty = true;
  for (const name in members) {
    walk.nodes += 1;
    const value = members[name] as Json;
    const content = typeof value === "string" ? value : toContent(value, depth + 1, walk);
    if (content === undefined) {
      delete members[name];
      continue;
    }
    isEmpty = false;
    if (content !== value) members[name] = content;
  }
  return isEmpty ? "" : (members as ContentNode);
}
