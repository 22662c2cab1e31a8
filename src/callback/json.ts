/**
 * JSON to the plain tree. Every leaf becomes a string: numbers keep their digits, `true` and `false`
 * their names, null becomes "". An array of one is its item and an empty one is absent, since XML
 * knows no other; an empty object is an empty element, "".
 */
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";
import { placeOf } from "./text.ts";
import type { Content, ContentNode, ReadFailure } from "./types.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** `text` is without byte order mark and starts with `{` or `[`. A list at the top gives an empty node. */
export function parseJson(text: string): Result<ContentNode, ReadFailure> {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    const place = placeOf(text, endOfJson(text));
    return fail({ code: "malformed-body", reason: reasonOf(error), ...place });
  }
  const size = { nodes: 0, numbers: 0 };
  const problem = measure(json, 1, size);
  if (problem !== undefined) return fail({ code: "malformed-body", reason: problem, line: null, column: null });
  // A reviver is the only way to a number's digits and costs several times the parse: only where there are any.
  const lossless = size.numbers === 0 ? json : (JSON.parse(text, digitsOf) as Json);
  const tree = toContent(lossless);
  return ok(typeof tree === "object" && !Array.isArray(tree) ? tree : {});
}

const digitsOf = (_name: string, value: Json, context?: { source?: string }): Json =>
  typeof value === "number" && context?.source !== undefined ? context.source : value;

/** Counts what is there, and says which limit it passes. Before anything that recurses without a bound. */
function measure(json: Json, depth: number, size: { nodes: number; numbers: number }): string | undefined {
  size.nodes += 1;
  if (size.nodes > MAX_NODES) return `The body has more than ${MAX_NODES} members and items.`;
  if (typeof json === "number") size.numbers += 1;
  if (typeof json !== "object" || json === null) return undefined;
  if (depth > MAX_DEPTH_LEVELS) return `Objects and arrays are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
  for (const name in json) {
    const problem = measure((json as Record<string, Json>)[name] as Json, depth + 1, size);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Changes the parsed objects in place, since most of their leaves are strings already. Undefined is absent. */
function toContent(json: Json): Content | undefined {
  if (typeof json === "string") return json;
  if (json === null) return "";
  if (typeof json !== "object") return String(json);
  if (Array.isArray(json)) {
    const items = json.map(toContent).filter((item) => item !== undefined);
    return items.length > 1 ? items : items[0];
  }
  let members = 0;
  for (const name in json) {
    const value = json[name] as Json;
    members += 1;
    if (typeof value === "string") continue;
    const content = toContent(value);
    if (content === undefined) {
      delete json[name];
      members -= 1;
    } else if (content !== value) json[name] = content;
  }
  return members === 0 ? "" : (json as ContentNode);
}

/** V8 ends some of its messages with the place, and quotes the text in others: neither belongs in a reason. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/ in JSON at position .*$/s, "")
    .replace(/, (?:\.\.\.)?".*is not valid JSON$/s, "")
    .replace(/(?: at position)? \(line .*$/s, "");
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\r\n]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where a body stops being JSON (RFC 8259), since V8 does not always say. Only for text that JSON.parse refused. */
export function endOfJson(text: string): number {
  const closers: string[] = [];
  let at = 0;
  let expected: "value" | "first-item" | "first-name" | "name" | "more" = "value";

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  /** Moves past a string, or to the character that spoils it. */
  const takeString = (): boolean => {
    if (text[at] !== '"') return false;
    for (at += 1; at < text.length && text[at] !== '"';) {
      if (text.charCodeAt(at) < 0x20) return false;
      if (text[at] !== "\\") at += 1;
      else if (!take(ESCAPE)) return false;
    }
    at += 1;
    return at <= text.length;
  };

  for (;;) {
    take(SPACE);
    const character = text[at];
    if ((expected === "first-item" && character === "]") || (expected === "first-name" && character === "}")) {
      closers.pop();
      at += 1;
      expected = "more";
    } else if (expected === "first-name" || expected === "name") {
      if (!takeString()) return at;
      take(SPACE);
      if (text[at] !== ":") return at;
      at += 1;
      expected = "value";
    } else if (expected === "more") {
      if (closers.length > 0 && character === ",") expected = closers.at(-1) === "}" ? "name" : "value";
      else if (closers.length === 0 || closers.pop() !== character) return at;
      at += 1;
    } else if (character === "{" || character === "[") {
      closers.push(character === "{" ? "}" : "]");
      at += 1;
      expected = character === "{" ? "first-name" : "first-item";
    } else {
      if (!takeString() && (text[at] !== character || !take(SCALAR))) return at;
      expected = "more";
    }
  }
}
