/** Finds a text in the words of a segmentation, where it may go over several of them. */
import type { Segment } from "../../../results/segmentation.ts";

/** The words, by their index in the text, that one occurrence is in. */
export interface Occurrence {
  first: number;
  last: number;
}

/** Stands for characters that no word covers: nobody searches for it. */
const GAP = "\ufffc";

/** In lower case where that has as many characters, so that offsets hold. */
const folded = (text: string): string => {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
};

/** Occurrences that do not overlap, in order. `isLoose`: words stand apart, and an occurrence is within one. */
export function occurrencesOf(query: string, segments: readonly Segment[], isLoose: boolean): Occurrence[] {
  if (query === "") return [];
  let text = "";
  let index = 0;
  const wordAt: number[] = [];
  for (const segment of segments) {
    const piece = segment.kind === "gap" ? GAP : folded(segment.token.word) + (isLoose ? GAP : "");
    for (let unit = 0; unit < piece.length; unit += 1) wordAt.push(index);
    if (segment.kind === "word") index += 1;
    text += piece;
  }
  const wanted = folded(query);
  const found: Occurrence[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length))
    found.push({ first: wordAt[at] ?? 0, last: wordAt[at + wanted.length - 1] ?? 0 });
  return found;
}
