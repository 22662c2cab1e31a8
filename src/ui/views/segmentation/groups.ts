/** Parts of speech as the page groups them: which share a colour, and which say little by themselves. */
import type { PartOfSpeech, Token } from "../../../results/segmentation.ts";
import type { View } from "../../view.ts";

/** By the first letter of a code; names are apart from nouns, and from one another. */
const GROUPS: Record<string, string> = {
  n: "noun",
  v: "verb",
  a: "adjective",
  b: "adjective",
  z: "adjective",
  d: "adverb",
  t: "time",
  s: "place",
  f: "place",
  m: "number",
  q: "number",
  r: "pronoun",
  i: "phrase",
  j: "phrase",
  l: "phrase",
  w: "mark",
  p: "function",
  c: "function",
  u: "function",
  y: "function",
  e: "function",
  o: "function",
  h: "function",
  k: "function",
};

const WHOLE_CODES: Record<string, string> = {
  nr: "person",
  nrf: "person",
  nrg: "person",
  ns: "place-name",
  nt: "organisation",
  nz: "other-name",
  nx: "other",
  unk: "other",
};

/** A class of the stylesheet, which gives the colour. */
export function groupOf(code: string): string {
  const known = code.toLowerCase();
  return WHOLE_CODES[known] ?? GROUPS[known.slice(0, 1)] ?? "other";
}

/** `verb (v)`; a code without a name stands for itself. */
export const nameOf = ({ language }: View, part: PartOfSpeech): string =>
  part[language] === part.code ? part.code : `${part[language]} (${part.code})`;

const SAYING_LITTLE = new Set(["function", "pronoun", "mark"]);

/** Verbs and adverbs that nearly every Chinese text has most of, whatever it is about. */
const COMMON_WORDS = new Set(
  "是 有 在 到 说 要 会 能 可以 不 没 没有 也 都 就 还 又 很 更 最 再 已 已经 一 一个".split(" "),
);

/** Whether a word says little of what a text is about. */
export const isStopWord = ({ word, partOfSpeech }: Token): boolean =>
  SAYING_LITTLE.has(groupOf(partOfSpeech.code)) || COMMON_WORDS.has(word);
