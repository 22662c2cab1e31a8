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
    const name = nameAt(text, at + 1);
    const nameEnd = at + 1 + name.length;
    elements += 1;
    if (name === "" || depth >= MAX_DEPTH_LEVELS || elements > MAX_NODES) return undefined;
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

/** White space as indentation mostly is, and as much of it as was skipped last. */
const INDENTATION = `\n${" ".repeat(63)}`;
let lastSpace = "\n";

/** Siblings stand behind the same white space: one comparison mostly does for all its characters. */
function skipSpace(text: string, from: number): number {
  if (!isSpace(text.charCodeAt(from))) return from;
  const guess = from + lastSpace.length;
  if (text.startsWith(lastSpace, from) && !isSpace(text.charCodeAt(guess))) return guess;
  let at = from + 1;
  while (isSpace(text.charCodeAt(at))) at += 1;
  lastSpace = INDENTATION.slice(0, at - from);
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

interface KnownName {
  name: string;
  /** The name that started after this one when it was last met. */
  next: KnownName | null;
}

/**
 * Names met before, in this body or in an earlier one. One job of CI's has its elements in the same order as the
 * next, so most names are those that the last one was followed by: to see that takes neither a string nor a look-up.
 */
const KNOWN_NAMES = new Map<string, KnownName>();
let lastName: KnownName = { name: "", next: null };

/** More than CI has. Past this all are forgotten, and learnt again. */
const MAX_KNOWN_NAMES = 1024;

/** Longer names are not remembered. */
const KNOWN_NAME_CHARACTERS = 64;

/** The name that starts at `from`; "" when none does. */
function nameAt(text: string, from: number): string {
  const { next } = lastName;
  if (next !== null && text.startsWith(next.name, from) && text.charCodeAt(from + next.name.length) === CLOSE) {
    lastName = next;
    return next.name;
  }
  if (NAME[text.charCodeAt(from)] !== 1) return "";
  let end = from + 1;
  while ((NAME[text.charCodeAt(end)] ?? 0) !== 0) end += 1;
  const name = text.slice(from, end);
  if (name.length > KNOWN_NAME_CHARACTERS) return name;
  lastName.next = known(name);
  lastName = lastName.next;
  return lastName.name;
}

function known(name: string): KnownName {
  const earlier = KNOWN_NAMES.get(name);
  if (earlier !== undefined) return earlier;
  if (KNOWN_NAMES.size >= MAX_KNOWN_NAMES) KNOWN_NAMES.clear();
  // Of a key, the engine has the one copy that all objects share.
  const added = { name: Object.keys({ [name]: 0 })[0] as string, next: null };
  KNOWN_NAMES.set(added.name, added);
  return added;
}

/** `</name>` at that offset, to the letter. */
const closes = (text: string, at: number, name: string): boolean =>
  text.charCodeAt(at + 1) === SLASH && text.startsWith(name, at + 2) && text.charCodeAt(at + 2 + name.length) === CLOSE;
