/**
 * Bodies indented for reading. Every character that is content stays as it was sent, digits and escapes included:
 * only white space between elements, members and items changes. Never fails: what is not well-formed comes out as
 * far as it makes sense. For showing, not for parsing.
 */
import type { Format } from "../../callback/types.ts";

const INDENT = "  ";

export function pretty(text: string, format: Format): string {
  return format === "json" ? prettyJson(text) : prettyXml(text);
}

/** A string, a bracket, a comma, a colon, or anything else up to the next of these. */
const JSON_PARTS = /"(?:[^"\\]|\\[^])*"?|[{}[\],:]|[^\s"{}[\],:]+/g;

function prettyJson(text: string): string {
  let depth = 0;
  let out = "";
  let before = "";
  const newLine = () => (out += `\n${INDENT.repeat(depth)}`);
  for (const [part] of text.matchAll(JSON_PARTS)) {
    if (part === "}" || part === "]") {
      depth = Math.max(0, depth - 1);
      if (before !== "{" && before !== "[") newLine();
    } else if (before === "{" || before === "[" || before === ",") newLine();
    out += part === ":" ? ": " : part;
    if (part === "{" || part === "[") depth += 1;
    before = part;
  }
  return out;
}

/** Markup that ends at a mark of its own, whatever is inside it. */
const ENDS = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<", ">"],
] as const;

/** Comments, CDATA sections, instructions and tags, and the text between them. What does not end goes on to the end. */
function xmlParts(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const [start, mark] = ENDS.find(([opening]) => text.startsWith(opening, at)) ?? ["", "<"];
    const found = text.indexOf(mark, at + start.length);
    const end = found === -1 ? text.length : found + (start === "" ? 0 : mark.length);
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

const ONLY_SPACE = /^\s*$/;

function prettyXml(text: string): string {
  const parts = xmlParts(text).filter((part) => !ONLY_SPACE.test(part));
  let depth = 0;
  let out = "";
  let isInLine = false;
  for (const [index, part] of parts.entries()) {
    const isClosing = part.startsWith("</");
    const isOpening = /^<[^!?/]/.test(part) && !part.endsWith("/>");
    if (isClosing) depth = Math.max(0, depth - 1);
    if (!isInLine && out !== "") out += `\n${INDENT.repeat(depth)}`;
    out += part;
    if (isOpening) depth += 1;
    // A leaf stays on one line: after its start tag, and after its text, nothing breaks.
    const next = parts[index + 1] ?? "";
    isInLine =
      (isOpening && (!next.startsWith("<") || next.startsWith("</"))) ||
      (!part.startsWith("<") && next.startsWith("</"));
  }
  return out;
}
