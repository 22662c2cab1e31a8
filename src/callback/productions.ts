/**
 * The productions of XML 1.0 (fifth edition) that a body may use, one a function, with their numbers there. Each
 * takes the offset at which it starts, and gives what it found with the offset after it, or a fault. Line ends are
 * line feeds already (section 2.11).
 */
import { decodeReferences } from "./entities.ts";
import { excerptOf, expected, type Fault } from "./failure.ts";

/** Section 2.2: what is not a [2] Char. */
const NOT_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/**
 * Section 2.3: [4] NameStartChar without U+1680 and U+FEFF. fast-xml-parser takes these two for white space and
 * would cut a name there.
 */
const NAME_START =
  ":A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{167f}\\u{1681}-\\u{1fff}" +
  "\\u{200c}\\u{200d}\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fefe}" +
  "\\u{ff00}-\\u{fffd}\\u{10000}-\\u{effff}";
const NAME = new RegExp(`[${NAME_START}][${NAME_START}\\-.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}-\\u{2040}]*`, "uy");
const SPACE = /[ \t\n]+/y;

/** Section 2.8: [23] XMLDecl, [24] VersionInfo, [26] VersionNum, [32] SDDecl; section 4.3.3: [80] EncodingDecl. */
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.\d+"|'1\.\d+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;

const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};

/** Section 2.3, [5] Name; "" if none starts. */
export const nameAt = (text: string, at: number): string => text.slice(at, endOf(NAME, text, at));

/** The offset after [3] S, which may be absent. */
export const afterSpace = (text: string, at: number): number => endOf(SPACE, text, at);

const isDeclaration = (text: string, at: number): boolean =>
  text.startsWith("<?xml", at) && nameAt(text, at + 2) === "xml";

/** The offset after the XML declaration; 0 if there is none. An encoding other than UTF-8 is a fault: section 4.3.3. */
export function afterDeclaration(text: string): number | Fault {
  DECLARATION.lastIndex = 0;
  const match = DECLARATION.exec(text);
  if (match === null) return isDeclaration(text, 0) ? { reason: BAD_DECLARATION, at: 0 } : 0;
  const encoding = match[1] ?? match[2] ?? "UTF-8";
  if (/^utf-?8$/i.test(encoding)) return match[0].length;
  const reason = `Expected the encoding UTF-8 in the XML declaration, found ${excerptOf(encoding)}.`;
  return { reason, at: text.indexOf(encoding, text.indexOf("encoding") + "encoding".length) };
}

const BAD_DECLARATION =
  'Expected an XML declaration such as `<?xml version="1.0" encoding="UTF-8"?>`, found another form of it.';

/** The offset after a comment: section 2.5, [15] Comment. */
export function afterComment(text: string, at: number): number | Fault {
  const hyphens = text.indexOf("--", at + "<!--".length);
  if (hyphens === -1) return unclosed("comment", "-->", at);
  if (text[hyphens + 2] !== ">") return { reason: "Expected `-->` to end the comment, found `--`.", at: hyphens };
  return onlyCharacters(text, at, hyphens + "-->".length);
}

/** The offset after a CDATA section: section 2.7, [18] CDSect. */
export function afterCData(text: string, at: number): number | Fault {
  const end = text.indexOf("]]>", at + "<![CDATA[".length);
  return end === -1 ? unclosed("CDATA section", "]]>", at) : onlyCharacters(text, at, end + "]]>".length);
}

/** The offset after a processing instruction: section 2.6, [16] PI, [17] PITarget. */
export function afterInstruction(text: string, at: number): number | Fault {
  if (isDeclaration(text, at)) return { reason: LATE_DECLARATION, at };
  const target = nameAt(text, at + 2);
  if (target === "") return expected("a name after `<?`", text, at + 2);
  if (target.toLowerCase() === "xml") return { reason: `The target \`${target}\` is reserved by XML.`, at };
  const data = at + 2 + target.length;
  const end = text.indexOf("?>", data);
  if (end === -1) return unclosed("processing instruction", "?>", at);
  if (end > data && afterSpace(text, data) === data)
    return expected(`white space after \`<?${excerptOf(target)}\``, text, data);
  return onlyCharacters(text, data, end + "?>".length);
}

const LATE_DECLARATION = "Expected the XML declaration at the start of the body, found it after the start.";

const unclosed = (what: string, end: string, at: number): Fault => ({
  reason: `The ${what} is not closed: expected \`${end}\`, found the end of the body.`,
  at,
});

/** `to`, if all before it is [2] Char. */
function onlyCharacters(text: string, from: number, to: number): number | Fault {
  return faultOfCharacters(text.slice(from, to), from) ?? to;
}

function faultOfCharacters(sent: string, from: number): Fault | undefined {
  const at = sent.search(NOT_CHARACTER);
  return at === -1 ? undefined : { ...expected("a character that XML allows", sent, at), at: from + at };
}

/** Section 2.4, [14] CharData, with the references in it decoded. */
export function readText(text: string, from: number, to: number): string | Fault {
  const sent = text.slice(from, to);
  const end = sent.indexOf("]]>");
  if (end !== -1) return { reason: "Expected `]]&gt;` in text, found `]]>`.", at: from + end };
  return readCharacters(sent, from);
}

/** Characters and references: what [14] CharData and [10] AttValue have in common. */
function readCharacters(sent: string, from: number): string | Fault {
  const decoded = decodeReferences(sent);
  if (typeof decoded === "number") {
    const found = /&[^;\s&<]{0,20};?/.exec(sent.slice(decoded)) as RegExpExecArray;
    const reason = `Expected a known entity or a reference to a character that XML allows, found \`${found[0].toWellFormed()}\`.`;
    return { reason, at: from + decoded };
  }
  return faultOfCharacters(sent, from) ?? decoded;
}

export interface StartTag {
  name: string;
  attributes: ReadonlyMap<string, string>;
  /** True of an empty-element tag, [44] EmptyElemTag. */
  isEmpty: boolean;
  end: number;
}

/** Section 3.1, [40] STag or [44] EmptyElemTag. */
export function readStartTag(text: string, at: number): StartTag | Fault {
  const name = nameAt(text, at + 1);
  if (name === "") return expected("a name after `<`", text, at + 1);
  const attributes = new Map<string, string>();
  for (let end = at + 1 + name.length; ;) {
    const next = afterSpace(text, end);
    if (text[next] === ">") return { name, attributes, isEmpty: false, end: next + 1 };
    if (text.startsWith("/>", next)) return { name, attributes, isEmpty: true, end: next + 2 };
    if (next === end || nameAt(text, next) === "")
      return expected(`an attribute, \`>\` or \`/>\` in the tag \`<${excerptOf(name)}>\``, text, next);
    const attribute = readAttribute(text, next);
    if ("reason" in attribute) return attribute;
    // Section 3.1, well-formedness constraint "Unique Att Spec".
    if (attributes.has(attribute.name))
      return { reason: `Expected each attribute once, found \`${excerptOf(attribute.name)}\` twice.`, at: next };
    attributes.set(attribute.name, attribute.value);
    end = attribute.end;
  }
}

/** Section 3.1, [41] Attribute: a [5] Name, [25] Eq, and section 2.3, [10] AttValue. A name starts at `at`. */
function readAttribute(text: string, at: number): { name: string; value: string; end: number } | Fault {
  const name = nameAt(text, at);
  const what = `attribute \`${excerptOf(name)}\``;
  const equals = afterSpace(text, at + name.length);
  if (text[equals] !== "=") return expected(`\`=\` after the ${what}`, text, equals);
  const start = afterSpace(text, equals + 1);
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return expected(`the value of the ${what} in quotes`, text, start);
  const end = text.indexOf(quote, start + 1);
  if (end === -1) return expected(`a quote that ends the value of the ${what}`, text, text.length);
  const value = readAttributeValue(text.slice(start + 1, end), start + 1);
  return typeof value === "string" ? { name, value, end: end + 1 } : value;
}

/** [10] AttValue without its quotes, normalized: section 3.3.3 turns white space into spaces, but not by reference. */
function readAttributeValue(sent: string, from: number): string | Fault {
  const less = sent.indexOf("<");
  if (less !== -1) return { reason: "Expected `&lt;` in the value of an attribute, found `<`.", at: from + less };
  return readCharacters(sent.replace(/[\t\n]/g, " "), from);
}

/** Section 3.1, [42] ETag: the offset after the end tag of `name`. Another name is against "Element Type Match". */
export function afterEndTag(text: string, at: number, name: string): number | Fault {
  const found = nameAt(text, at + 2);
  if (found === "") return expected("a name after `</`", text, at + 2);
  if (found !== name) return { reason: `Expected \`</${excerptOf(name)}>\`, found \`</${excerptOf(found)}>\`.`, at };
  const end = afterSpace(text, at + 2 + name.length);
  return text[end] === ">" ? end + 1 : expected(`\`>\` after \`</${excerptOf(name)}\``, text, end);
}
