/**
 * The canonical form of a JobsDetail: what XML and JSON of one job agree on. The readers have made every
 * leaf a string and every node an array exactly when it occurs more than once; here are the exceptions.
 */
import { isNode, nodeAt } from "./tree.ts";
import type { ContentNode } from "./types.ts";

/** Written without leading zeros or sign: other spellings stay text, so that no digit is lost. */
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/** Changes `detail` in place, once: nodes that are always arrays, and the two numbers of a token. */
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
  if (typeof sent === "string" && WHOLE_NUMBER.test(sent)) token[name] = Number(sent);
}
