/**
 * The references of XML 1.0 section 4.1 that need no declaration: characters by number, and the five names of section
 * 4.6. There are no others, since DOCTYPE is refused.
 */
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#0*(\d{1,7})|#x0*([0-9a-fA-F]{1,6}));/y;

/**
 * Decodes the references in a text. If a `&` does not start one (an unknown name, a bare `&`, the number of no XML
 * character), gives the offset of the first such `&` as a number instead.
 */
export function decodeReferences(text: string): string | number {
  let at = text.indexOf("&");
  if (at === -1) return text;
  let decoded = "";
  let from = 0;
  for (; at !== -1; at = text.indexOf("&", from)) {
    REFERENCE.lastIndex = at;
    const match = REFERENCE.exec(text);
    if (match === null) return at;
    const [reference, name, decimal, hex] = match;
    const character = name === undefined ? characterOf(decimal, hex) : NAMED[name];
    if (character === undefined) return at;
    decoded += text.slice(from, at) + character;
    from = at + reference.length;
  }
  return decoded + text.slice(from);
}

/** Section 4.1, well-formedness constraint "Legal Character": a reference is to a character of section 2.2. */
function characterOf(decimal: string | undefined, hex: string | undefined): string | undefined {
  const code = decimal === undefined ? Number(`0x${hex}`) : Number(decimal);
  return isCharacter(code) ? String.fromCodePoint(code) : undefined;
}

/** Section 2.2, [2] Char: no control character but tab, line feed and carriage return, no surrogate, no U+FFFE, no U+FFFF. */
export const isCharacter = (code: number): boolean =>
  code === 0x09 ||
  code === 0x0a ||
  code === 0x0d ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);
