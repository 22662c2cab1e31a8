/**
 * Where a body stops being JSON (RFC 8259), and why. JSON.parse tells it in words that differ between engines and
 * quote the body, and does not always say where. Only for text that JSON.parse has refused. Linear, no recursion.
 */
import type { Fault } from "./failure.ts";

const VALUE = "a value";
const FIRST_ITEM = 'a value or "]"';
const NAME = "a member name in double quotes";
const FIRST_NAME = 'a member name in double quotes or "}"';
const MORE = "more";

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\r\n]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

export function firstFault(text: string): Fault {
  const closers: string[] = [];
  let expected = VALUE;
  for (let at = after(SPACE, text, 0) as number; ; at = after(SPACE, text, at) as number) {
    const character = text[at];
    const closer = closers.at(-1);
    if (expected === MORE) {
      if (closer === undefined) return fault(text, at, "the end of the body");
      if (character === ",") expected = closer === "}" ? NAME : VALUE;
      else if (character === closer) closers.pop();
      else return fault(text, at, `"," or "${closer}"`);
      at += 1;
    } else if (character === closer && (expected === FIRST_ITEM || expected === FIRST_NAME)) {
      closers.pop();
      expected = MORE;
      at += 1;
    } else if (expected === NAME || expected === FIRST_NAME) {
      if (character !== '"') return fault(text, at, expected);
      const end = afterString(text, at);
      if (typeof end !== "number") return end;
      at = after(SPACE, text, end) as number;
      if (text[at] !== ":") return fault(text, at, '":"');
      expected = VALUE;
      at += 1;
    } else if (character === "{" || character === "[") {
      closers.push(character === "{" ? "}" : "]");
      expected = character === "{" ? FIRST_NAME : FIRST_ITEM;
      at += 1;
    } else {
      const end = character === '"' ? afterString(text, at) : (after(SCALAR, text, at) ?? fault(text, at, expected));
      if (typeof end !== "number") return end;
      expected = MORE;
      at = end;
    }
  }
}

function fault(text: string, at: number, expected: string): Fault {
  const character = text.codePointAt(at);
  const found = character === undefined ? "the end of the body" : JSON.stringify(String.fromCodePoint(character));
  return { reason: `Expected ${expected}, found ${found}.`, at };
}

/** The offset after what the sticky pattern matches at `from`; undefined where it matches nothing. */
function after(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The offset after the string that starts at `from`, or what spoils it. */
function afterString(text: string, from: number): number | Fault {
  let at = from + 1;
  while (text[at] !== '"') {
    if (at === text.length) return fault(text, at, "a double quote that ends the string");
    if (text.charCodeAt(at) < 0x20) return fault(text, at, "no control character in a string");
    const end = text[at] === "\\" ? after(ESCAPE, text, at) : at + 1;
    if (end === undefined) return { reason: "A backslash in a string starts no escape sequence.", at };
    at = end;
  }
  return at + 1;
}
