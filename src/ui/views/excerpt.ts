/** The place in a body where reading went wrong, with a little around it. */

/** Characters shown on each side of the place, in its line. */
const AROUND_CHARACTERS = 60;
const START_CHARACTERS = 240;

export interface Excerpt {
  before: string;
  /** The character at the place; "" where the body ends there, or no place is known. */
  at: string;
  after: string;
  /** True where a place was given and lies in the text. */
  isPlaced: boolean;
}

/** `line` and `column` count from 1, in characters, as a ReadFailure has them. */
export function excerptOf(text: string, line: number | null, column: number | null): Excerpt {
  const found = line === null ? undefined : lineAt(text, line);
  if (found === undefined || column === null) {
    const start = text.slice(0, START_CHARACTERS);
    return { before: "", at: "", after: start.length < text.length ? `${start}…` : start, isPlaced: false };
  }
  const characters = Array.from(found);
  const at = column - 1;
  const from = Math.max(0, at - AROUND_CHARACTERS);
  const to = at + 1 + AROUND_CHARACTERS;
  return {
    before: (from > 0 ? "…" : "") + characters.slice(from, at).join(""),
    at: characters[at] ?? "",
    after: characters.slice(at + 1, to).join("") + (to < characters.length ? "…" : ""),
    isPlaced: true,
  };
}

/** Lines end as XML has them: in a line feed, a carriage return, or both. */
const lineAt = (text: string, line: number): string | undefined => text.split(/\r\n|\r|\n/, line)[line - 1];
