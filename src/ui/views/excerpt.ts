/** The place in a body where reading went wrong, with the lines around it. */

/** Characters shown on each side of the place, in its line. */
const AROUND_CHARACTERS = 60;
const START_CHARACTERS = 240;

/** Lines shown before the place, and after it. */
const AROUND_LINES = 2;

export interface ExcerptLine {
  /** Counts from 1. */
  number: number;
  text: string;
}

/** The line of the place, in which the character `at` is apart; "" where the body ends there. */
export interface Excerpt {
  above: ExcerptLine[];
  number: number;
  before: string;
  at: string;
  after: string;
  below: ExcerptLine[];
}

/** `line` and `column` count from 1, in characters, as a ReadFailure has them. Null where that is no place in the text. */
export function excerptOf(text: string, line: number | null, column: number | null): Excerpt | null {
  if (line === null || column === null) return null;
  const lines = text.split(LINE_END, line + AROUND_LINES);
  const found = lines[line - 1];
  if (found === undefined) return null;
  const characters = Array.from(found);
  const at = column - 1;
  const from = Math.max(0, at - AROUND_CHARACTERS);
  const to = at + 1 + AROUND_CHARACTERS;
  const first = Math.max(0, line - 1 - AROUND_LINES);
  const numbered = (from: number, to?: number): ExcerptLine[] =>
    lines
      .slice(from, to)
      .map((shown, index) => ({ number: from + index + 1, text: cut(shown, 2 * AROUND_CHARACTERS) }));
  return {
    above: numbered(first, line - 1),
    number: line,
    before: (from > 0 ? "…" : "") + characters.slice(from, at).join(""),
    at: characters[at] ?? "",
    after: characters.slice(at + 1, to).join("") + (to < characters.length ? "…" : ""),
    below: numbered(line),
  };
}

/** How a body begins, where no place in it is known. */
export const startOf = (text: string): string => cut(text, START_CHARACTERS);

/** The offset of a place in UTF-16 units, and of the end of the character there; null where it is not in the text. */
export function offsetsOf(
  text: string,
  line: number | null,
  column: number | null,
): [start: number, end: number] | null {
  if (line === null || column === null) return null;
  let start = 0;
  for (let skipped = 1; skipped < line; skipped += 1) {
    const end = text.slice(start).search(LINE_END);
    if (end === -1) return null;
    start += end + (text.startsWith("\r\n", start + end) ? 2 : 1);
  }
  for (let passed = 1; passed < column && start < text.length; passed += 1) start += widthAt(text, start);
  return [start, Math.min(text.length, start + widthAt(text, start))];
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** Lines end as XML has them: in a line feed, a carriage return, or both. */
const LINE_END = /\r\n|\r|\n/;

const cut = (text: string, characters: number): string => {
  const start = Array.from(text.slice(0, 2 * characters))
    .slice(0, characters)
    .join("");
  return start.length < text.length ? `${start}…` : start;
};
