/**
 * Reads the nodes of a job's `detail`. There every leaf is text as CI sent it, and a node is a list exactly when it
 * occurs more than once. Nothing here throws: a missing node, or one of another kind than expected, is null or an
 * empty list. An empty leaf counts as missing, because CI's XML sends `<Node/>` where its JSON leaves the node out.
 */
import { parseTime } from "../callback/time.ts";

/** The argument of every reader: a job as look-ups answer it, or anything else with a `detail`. */
export interface WithDetail {
  detail: object | null;
}

/** The content under a path of names; undefined if a step is missing, a leaf, or there several times. */
export function contentAt(content: unknown, ...path: readonly string[]): unknown {
  let found = content;
  for (const name of path) found = isNode(found) && Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined;
  return found;
}

export const isNode = (content: unknown): content is object =>
  typeof content === "object" && content !== null && !Array.isArray(content);

/** The one node at a path; null if there is none, a leaf, or several. */
export function nodeAt(content: unknown, ...path: readonly string[]): object | null {
  const found = contentAt(content, ...path);
  return isNode(found) ? found : null;
}

/** All nodes at a path, in the order sent. Leaves among them are skipped. */
export const nodesAt = (content: unknown, ...path: readonly string[]): object[] =>
  listOf(contentAt(content, ...path)).filter(isNode);

/** The text at a path, exactly as sent; null if it is missing or empty. */
export const textAt = (content: unknown, ...path: readonly string[]): string | null =>
  textOf(contentAt(content, ...path));

/** All texts at a path, in the order sent, without the empty ones. */
export const textsAt = (content: unknown, ...path: readonly string[]): string[] =>
  listOf(contentAt(content, ...path))
    .map(textOf)
    .filter((text) => text !== null);

/** A decimal number; null for other spellings, such as `0x1F`, `50/1` or `N/A`. */
export function numberAt(content: unknown, ...path: readonly string[]): number | null {
  const text = textAt(content, ...path);
  return text !== null && DECIMAL.test(text) ? finite(Number(text)) : null;
}

/** A number of things, or a position: whole, and not negative. */
export function countAt(content: unknown, ...path: readonly string[]): number | null {
  const number = numberAt(content, ...path);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** `true` and `false`, in any case, or `1` and `0`. */
export function booleanAt(content: unknown, ...path: readonly string[]): boolean | null {
  const text = textAt(content, ...path)?.toLowerCase();
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : null;
}

/** One of CI's times as ISO 8601 in UTC. */
export const timeAt = (content: unknown, ...path: readonly string[]): string | null =>
  parseTime(textAt(content, ...path));

/** Milliseconds as seconds. */
export function millisecondsAt(content: unknown, ...path: readonly string[]): number | null {
  const milliseconds = numberAt(content, ...path);
  return milliseconds === null ? null : milliseconds / 1000;
}

/** A score from 0 to 100; null outside of that. */
export const scoreAt = (content: unknown, ...path: readonly string[]): number | null =>
  scoreOf(numberAt(content, ...path), 1);

/** A score from 0 to `best`, such as 1 or 10, as one from 0 to 100. */
export const scoreOutOf = (best: number, content: unknown, ...path: readonly string[]): number | null =>
  scoreOf(numberAt(content, ...path), 100 / best);

/** True if the provider says that the job succeeded. Only then do the files exist that it planned, such as `Output`. */
export const hasSucceeded = (detail: unknown): boolean =>
  (textAt(detail, "State") ?? textAt(detail, "Code")) === "Success";

/** 0 if there is none. Not `Math.max(...)`, which fails if a body has more nodes than a call may have arguments. */
export const greatestOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const finite = (number: number): number | null => (Number.isFinite(number) ? number : null);

const listOf = (content: unknown): unknown[] => (Array.isArray(content) ? content : [content]);

/** The text of a leaf. If an element also has attributes, its text is in `#text`. */
function textOf(content: unknown): string | null {
  const leaf = isNode(content) ? contentAt(content, "#text") : content;
  if (typeof leaf === "number") return String(leaf);
  return typeof leaf === "string" && leaf !== "" ? leaf : null;
}

/** Rounded to a millionth, which removes the errors of binary floating point: 0.57 × 100 is 56.99999999999999. */
function scoreOf(number: number | null, factor: number): number | null {
  const score = number === null ? null : Math.round(number * factor * 1e6) / 1e6;
  return score !== null && score >= 0 && score <= 100 ? score : null;
}
