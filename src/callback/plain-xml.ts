/**
 * One pass over the plain subset of XML that CI sends: a declaration, elements without attributes,
 * text, references. Strict, and at the first doubt it gives up (undefined) and leaves the body to
 * fast-xml-parser, which alone refuses one. What it does read, fast-xml-parser reads as the same tree:
 * a property test holds it to that. Why it is worth its lines: docs/decisions/0004-a-reader-of-our-own.md.
 */
import { decodeReferences } from "./entities.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { addTo, newNode } from "./tree.ts";
import type { ContentNode } from "./types.ts";

const OPEN = 0x3c; // <
const CLOSE = 0x3e; // >
const SLASH = 0x2f; // /

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;

/** 1 for a character that may start an ASCII name, 2 for one that may only go on. */
const NAME = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") NAME[character.charCodeAt(0)] = 1;
for (const character of "0123456789-.") NAME[character.charCodeAt(0)] = 2;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Where the name that starts at `from` ends; `from` itself when none starts there. */
function endOfName(text: string, from: number): number {
  if (NAME[text.charCodeAt(from)] !== 1) return from;
  let at = from + 1;
  while ((NAME[text.charCodeAt(at)] ?? 0) !== 0) at += 1;
  return at;
}

/** `</name>` at that offset, to the letter. */
const closes = (text: string, at: number, name: string): boolean =>
  text.charCodeAt(at + 1) === SLASH && text.startsWith(name, at + 2) && text.charCodeAt(at + 2 + name.length) === CLOSE;

/** `text` has no byte order mark and no carriage returns. Gives a node that holds the root element, or undefined. */
export function readPlainXml(text: string): ContentNode | undefined {
  const hasReferences = text.includes("&");
  const document = newNode();
  const nodes: ContentNode[] = [document];
  const names: string[] = [""];
  let count = 0;
  let at = 0;
  if (text.startsWith("<?xml ")) {
    at = text.indexOf("?>") + 2;
    if (at === 1) return undefined;
  }
  at = skipSpace(text, at);
  for (;;) {
    if (text.charCodeAt(at) !== OPEN) return undefined;
    const depth = nodes.length - 1;
    if (text.charCodeAt(at + 1) === SLASH) {
      const name = names[depth] as string;
      if (depth === 0 || !closes(text, at, name)) return undefined;
      nodes.pop();
      names.pop();
      at = skipSpace(text, at + name.length + 3);
      if (depth === 1) break;
      continue;
    }
    const nameEnd = endOfName(text, at + 1);
    count += 1;
    if (nameEnd === at + 1 || depth >= MAX_DEPTH_LEVELS || count > MAX_NODES) return undefined;
    const name = text.slice(at + 1, nameEnd);
    const parent = nodes[depth] as ContentNode;
    if (text.charCodeAt(nameEnd) === SLASH) {
      if (text.charCodeAt(nameEnd + 1) !== CLOSE) return undefined;
      addTo(parent, name, "");
      at = skipSpace(text, nameEnd + 2);
    } else {
      if (text.charCodeAt(nameEnd) !== CLOSE) return undefined;
      const next = text.indexOf("<", nameEnd);
      if (closes(text, next, name)) {
        const sent = text.slice(nameEnd + 1, next);
        const leaf = hasReferences ? decodeReferences(sent) : sent;
        if (typeof leaf === "number") return undefined;
        addTo(parent, name, leaf);
        at = skipSpace(text, next + name.length + 3);
      } else {
        at = skipSpace(text, nameEnd + 1);
        if (at !== next) return undefined;
        const node = newNode();
        addTo(parent, name, node);
        nodes.push(node);
        names.push(name);
        continue;
      }
    }
    if (depth === 0) break;
  }
  return at === text.length ? document : undefined;
}
