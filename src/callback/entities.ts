/**
 * The references of XML 1.0 section 4.1 that need no declaration: the five names of section 4.6,
 * and characters by number. A body cannot declare others, since DOCTYPE is refused.
 */
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#0*(\d{1,7})|#x0*([0-9a-fA-F]{1,6}));/y;

/**
 * Decodes the references in a text. Gives the offset of the first `&` that starts none of them
 * (an undeclared name, a bare `&`, a number that is no character) instead, as a number.
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

/** NUL, the surrogates and what lies past Unicode are no characters; other control characters pass, as sent. */
function characterOf(decimal: string | undefined, hex: string | undefined): string | undefined {
  const code = decimal === undefined ? Number(`0x${hex}`) : Number(decimal);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return String.fromCodePoint(code);
}
