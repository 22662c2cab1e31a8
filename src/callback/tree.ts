/** The plain tree that both XML and JSON become before anything is decided. */
import type { Content, ContentNode } from "./types.ts";

/**
 * Nodes without inherited members, so that an element may be called `constructor` or `__proto__`. A constructor with an
 * empty prototype keeps V8's fast objects; `Object.create(null)` does not.
 */
const BareNode = function () {} as unknown as new () => ContentNode;
BareNode.prototype = Object.create(null);

export const newNode = (): ContentNode => new BareNode();

/** Adds one occurrence of a node. A single one is the value itself, more are an array. */
export function addTo(node: ContentNode, name: string, value: string | ContentNode): void {
  const earlier = node[name];
  if (earlier === undefined) node[name] = value;
  else if (Array.isArray(earlier)) earlier.push(value);
  else node[name] = [earlier, value];
}

export const isNode = (content: Content | undefined): content is ContentNode =>
  typeof content === "object" && !Array.isArray(content);

/** The node of that name; null if it is absent, a leaf, or there several times. */
export function nodeAt(node: ContentNode | null, name: string): ContentNode | null {
  const content = node?.[name];
  return isNode(content) ? content : null;
}

/** All nodes of that name, without the leaves among them. */
export function nodesAt(node: ContentNode | null, name: string): ContentNode[] {
  const content = node?.[name];
  return (Array.isArray(content) ? content : [content]).filter(isNode);
}

/**
 * The leaf of that name as it was sent, "" if it was sent empty; null if it is absent, a node, or there several times.
 */
export function leafAt(node: ContentNode | null, name: string): string | null {
  const content = node?.[name];
  if (typeof content === "string") return content;
  // An element with only attributes and text counts as a leaf, too.
  if (!isNode(content) || !Object.keys(content).every((member) => member === "#text" || member.startsWith("@")))
    return null;
  const text = content["#text"];
  return typeof text === "string" ? text : null;
}

/** The same, but null for an empty leaf, too. */
export const filledLeafAt = (node: ContentNode | null, name: string): string | null => leafAt(node, name) || null;
