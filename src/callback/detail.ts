/**
 * The canonical form of a JobsDetail, the same from XML and from JSON. In the tree every leaf is a string already, and
 * a node is an array exactly if it occurs more than once. This module makes the exceptions.
 */
import { isNode, nodeAt } from "./tree.ts";
import type { ContentNode } from "./types.ts";

/** With more digits a JavaScript number may lose some. */
const WHOLE_NUMBER_DIGITS = 15;

/** Changes `detail` in place: the nodes that are always arrays, and the two numbers of a token. */
export function canonicalize(detail: ContentNode): ContentNode {
  const operation = nodeAt(detail, "Operation");
  listAt(nodeAt(detail, "Input"), "CosHeaders");
  listAt(nodeAt(operation, "Input"), "CosHeaders");
  const result = nodeAt(operation, "WordsGeneralizeResult");
  listAt(result, "WordsGeneralizeLable");
  for (const token of listAt(result, "WordsGeneralizeToken")) {
    if (!isNode(token)) continue;
    numberAt(token, "Offset");
    numberAt(token, "Length");
  }
  return detail;
}

function listAt(node: ContentNode | null, name: string) {
  const content = node?.[name];
  if (node === null || content === undefined) return [];
  const list = Array.isArray(content) ? content : [content];
  node[name] = list;
  return list;
}

function numberAt(token: ContentNode, name: string): void {
  const sent = token[name];
  if (typeof sent === "string") token[name] = wholeNumber(sent) ?? sent;
}

/**
 * Null if the number has a sign or leading zeros, which would be lost. Not a regular expression, for speed: an 8 MiB
 * body has 334,000 numbers.
 */
function wholeNumber(text: string): number | null {
  const { length } = text;
  if (length === 0 || length > WHOLE_NUMBER_DIGITS || (length > 1 && text.startsWith("0"))) return null;
  let number = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  return number;
}
