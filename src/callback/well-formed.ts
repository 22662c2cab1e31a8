/**
 * Whether a text is a well-formed XML 1.0 document, in one pass and within our limits. fast-xml-parser does not tell:
 * it and its validator take two roots, text after the root, `</a/>` and references to nothing, and misread
 * instructions that hold a quote. DOCTYPE is refused, and with it every entity but the five that XML has anyway.
 *
 * Lenient where nothing can be misread: control characters and `]]>` in text pass, as sent, and nobody looks into
 * comments, instructions and the XML declaration.
 */
import { decodeReferences } from "./entities.ts";
import { excerptOf, type Fault } from "./failure.ts";
import { MAX_DEPTH_LEVELS, MAX_NODES } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";

/** Section 2.3, without U+1680 and U+FEFF, which are white space to fast-xml-parser: it would cut a name there. */
const NAME_START =
  ":A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{167f}\\u{1681}-\\u{1fff}" +
  "\\u{200c}\\u{200d}\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fefe}" +
  "\\u{ff00}-\\u{fffd}\\u{10000}-\\u{effff}";
const NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}-\\u{2040}]*`;
const SPACE = "[ \\t\\n]";

const START_OF_TAG = new RegExp(`<(${NAME})`, "uy");
const ATTRIBUTE = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*("[^"<]*"|'[^'<]*')`, "uy");
const END_TAG = new RegExp(`</(${NAME})${SPACE}*>`, "uy");
const SPACES = new RegExp(`${SPACE}*`, "uy");
const NOT_SPACE = /[^ \t\n]/;
const DECLARATION = /<\?xml[ \t\n?]/y;

/** Markup whose inside is no markup: how it starts and ends. */
const OPAQUE = [
  { mark: "<!--", end: "-->", kind: "comment" },
  { mark: "<![CDATA[", end: "]]>", kind: "CDATA section" },
  { mark: "<?", end: "?>", kind: "processing instruction" },
] as const;

const BAD_REFERENCE = '"&" starts no known entity and no character reference.';
const OUTSIDE_ROOT = "Text stands outside the root element.";
const LATE_DECLARATION = "An XML declaration stands after the start.";
const DOCTYPE = "A document type declaration (DOCTYPE) is refused.";
const TOO_DEEP = `Elements are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
const TOO_MANY = `The body has more than ${MAX_NODES} elements.`;

/** Gives the document without comments and instructions: they are not content, and the parser may misread them. */
export function checkWellFormed(text: string): Result<string, Fault> {
  const kept: string[] = [];
  const open: string[] = [];
  let elements = 0;
  let at = 0;
  for (;;) {
    const start = text.indexOf("<", at);
    const between = text.slice(at, start === -1 ? text.length : start);
    const flaw = flawOfText(between, open.length > 0);
    if (flaw !== undefined) return fault(at + flaw.at, flaw.reason);
    kept.push(between);
    if (start === -1) break;

    const opaque = OPAQUE.find(({ mark }) => text.startsWith(mark, start));
    if (opaque !== undefined) {
      const end = text.indexOf(opaque.end, start + opaque.mark.length);
      if (end === -1) return fault(start, `A ${opaque.kind} is not closed.`);
      at = end + opaque.end.length;
      if (start > 0 && matchAt(DECLARATION, text, start)) return fault(start, LATE_DECLARATION);
      if (opaque.mark !== "<![CDATA[") continue;
      if (open.length === 0) return fault(start, OUTSIDE_ROOT);
      kept.push(text.slice(start, at));
      continue;
    }

    if (text.startsWith("</", start)) {
      const name = matchAt(END_TAG, text, start)?.[1];
      if (name === undefined) return fault(start, "An end tag is not well-formed.");
      const opened = open.pop();
      if (opened === undefined) return fault(start, `</${excerptOf(name)}> ends no element.`);
      if (opened !== name) return fault(start, `</${excerptOf(name)}> stands where <${excerptOf(opened)}> has to end.`);
      at = END_TAG.lastIndex;
    } else {
      const tag = readStartTag(text, start);
      if ("reason" in tag) return fail(tag);
      if (open.length === 0 && elements > 0) return fault(start, "A second root element starts.");
      if (open.length === MAX_DEPTH_LEVELS) return fault(start, TOO_DEEP);
      if (elements === MAX_NODES) return fault(start, TOO_MANY);
      elements += 1;
      if (!tag.isEmpty) open.push(tag.name);
      at = tag.end;
    }
    kept.push(text.slice(start, at));
  }
  if (elements === 0) return fault(text.length, "There is no root element.");
  const unclosed = open.at(-1);
  return unclosed === undefined
    ? ok(kept.join(""))
    : fault(text.length, `The document ends inside <${excerptOf(unclosed)}>.`);
}

const fault = (at: number, reason: string): Result<never, Fault> => fail({ reason, at });

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

function flawOfText(text: string, isInside: boolean): Fault | undefined {
  const at = isInside ? decodeReferences(text) : text.search(NOT_SPACE);
  if (typeof at === "string" || at === -1) return undefined;
  return { reason: isInside ? BAD_REFERENCE : OUTSIDE_ROOT, at };
}

function readStartTag(text: string, start: number): { name: string; isEmpty: boolean; end: number } | Fault {
  const name = matchAt(START_OF_TAG, text, start)?.[1];
  if (name === undefined) {
    const isDoctype = text.startsWith("<!DOCTYPE", start);
    return { reason: isDoctype ? DOCTYPE : '"<" starts no tag.', at: start };
  }
  let end = START_OF_TAG.lastIndex;
  const attributes = new Set<string>();
  for (let match = matchAt(ATTRIBUTE, text, end); match !== null; match = matchAt(ATTRIBUTE, text, end)) {
    const [sent, attribute, value] = match as unknown as [string, string, string];
    if (attributes.has(attribute)) {
      return { reason: `Attribute ${excerptOf(attribute)} occurs twice.`, at: end + sent.search(NOT_SPACE) };
    }
    attributes.add(attribute);
    end = ATTRIBUTE.lastIndex;
    const reference = decodeReferences(value);
    if (typeof reference === "number") return { reason: BAD_REFERENCE, at: end - value.length + reference };
  }
  matchAt(SPACES, text, end);
  const isEmpty = text[SPACES.lastIndex] === "/";
  end = SPACES.lastIndex + (isEmpty ? 2 : 1);
  if (text[end - 1] === ">") return { name, isEmpty, end };
  return {
    reason: `The tag <${excerptOf(name)}> is not closed, or an attribute in it is not well-formed.`,
    at: SPACES.lastIndex,
  };
}
