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
const AMPERSAND = 0x26; // &

/** 1 for a character that may start an ASCII name, 2 for one that may only go on. */
const NAME = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") NAME[character.charCodeAt(0)] = 1;
for (const character of "0123456789-.") NAME[character.charCodeAt(0)] = 2;

/** `text` has no byte order mark and no carriage returns. Gives a node that holds the root element, or undefined. */
export function readPlainXml(text: string): ContentNode | undefined {
  const document = newNode();
  const nodes = [document];
  const names = [""];
  let elements = 0;
  let at = skipSpace(text, endOfDeclaration(text));
  do {
    if (text.charCodeAt(at) !== OPEN) return undefined;
    const depth = nodes.length - 1;
    if (text.charCodeAt(at + 1) === SLASH) {
      const name = names[depth] as string;
      if (depth === 0 || !closes(text, at, name)) return undefined;
      nodes.pop();
      names.pop();
      at = skipSpace(text, at + name.length + 3);
      continue;
    }
    const nameEnd = endOfName(text, at + 1);
    elements += 1;
    if (nameEnd === at + 1 || depth >= MAX_DEPTH_LEVELS || elements > MAX_NODES) return undefined;
    const name = text.slice(at + 1, nameEnd);
    const parent = nodes[depth] as ContentNode;
    if (text.charCodeAt(nameEnd) === SLASH && text.charCodeAt(nameEnd + 1) === CLOSE) {
      addTo(parent, name, "");
      at = skipSpace(text, nameEnd + 2);
      continue;
    }
    if (text.charCodeAt(nameEnd) !== CLOSE) return undefined;
    const content = skipSpace(text, nameEnd + 1);
    if (text.charCodeAt(content) === OPEN && text.charCodeAt(content + 1) !== SLASH) {
      const node = newNode();
      addTo(parent, name, node);
      nodes.push(node);
      names.push(name);
      at = content;
      continue;
    }
    const stop = endOfPlainText(text, content);
    const next = text.charCodeAt(stop) === AMPERSAND ? text.indexOf("<", stop) : stop;
    if (!closes(text, next, name)) return undefined;
    const sent = text.slice(nameEnd + 1, next);
    const leaf = next === stop ? sent : decodeReferences(sent);
    if (typeof leaf === "number") return undefined;
    addTo(parent, name, leaf);
    at = skipSpace(text, next + name.length + 3);
  } while (nodes.length > 1);
  return at === text.length ? document : undefined;
}

/** The offset after the XML declaration, 0 where there is none; inside it, where no element starts, if it does not end. */
const endOfDeclaration = (text: string): number => (text.startsWith("<?xml ") ? text.indexOf("?>") + 2 : 0);

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09;

/** The offset of the next `<` or `&`, or the length of the text. */
function endOfPlainText(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN || code === AMPERSAND) return at;
  }
  return text.length;
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
