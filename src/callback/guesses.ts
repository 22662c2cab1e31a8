/**
 * Guesses at what comes next in XML, which save most of the reading. CI's jobs have their elements in the same order
 * and with the same indentation. So the name and indentation that came last time are compared with the text, before
 * anything is read letter by letter. Guesses outlive a body. They only change the speed, not the result.
 */
const CLOSE = 0x3e; // >

/** 1 for a character that may start an ASCII name, 2 for one that may only continue it. */
const NAME = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") NAME[character.charCodeAt(0)] = 1;
for (const character of "0123456789-.") NAME[character.charCodeAt(0)] = 2;

interface KnownName {
  name: string;
  /** The name that came after this one last time. */
  next: KnownName | null;
}

const KNOWN_NAMES = new Map<string, KnownName>();
let lastName: KnownName = { name: "", next: null };

/** More names than CI has. Above this, all guesses are dropped and learnt again. */
const MAX_KNOWN_NAMES = 1024;

/** Longer names are not remembered. */
const KNOWN_NAME_CHARACTERS = 64;

/** The ASCII letters, digits and `_-.` at `from` that make a name; "" if none starts. The name may go on after them. */
export function guessName(text: string, from: number): string {
  const { next } = lastName;
  if (next !== null && text.startsWith(next.name, from) && text.charCodeAt(from + next.name.length) === CLOSE) {
    lastName = next;
    return next.name;
  }
  return learnName(text, from);
}

function learnName(text: string, from: number): string {
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
  // Used as a key, so that the engine keeps one copy of the string for all objects.
  const added = { name: Object.keys({ [name]: 0 })[0] as string, next: null };
  KNOWN_NAMES.set(added.name, added);
  return added;
}

/** White space as it usually is in indentation, as much as was skipped last. */
const INDENTATION = `\n${" ".repeat(63)}`;
let lastSpace = "\n";

/** The offset after white space, which may be absent. */
export function skipSpace(text: string, from: number): number {
  if (!isSpace(text.charCodeAt(from))) return from;
  const guess = from + lastSpace.length;
  if (text.startsWith(lastSpace, from) && !isSpace(text.charCodeAt(guess))) return guess;
  return learnSpace(text, from);
}

function learnSpace(text: string, from: number): number {
  let at = from + 1;
  while (isSpace(text.charCodeAt(at))) at += 1;
  lastSpace = INDENTATION.slice(0, at - from);
  return at;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09;
