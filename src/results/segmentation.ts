/**
 * What a word segmentation found: its tokens with their part of speech in words, its labels, and the text put
 * together again. Published callbacks leave nodes out and carry the offsets of another text, so nothing here throws
 * over content. Words come out exactly as they were sent.
 */
import { contentAt, nodesAt, type WithDetail } from "./nodes.ts";
import { type PartOfSpeech, partOfSpeech } from "./parts-of-speech.ts";

export { PARTS_OF_SPEECH, type PartOfSpeech, partOfSpeech } from "./parts-of-speech.ts";

/** A word and its category. `Lable` is the provider's spelling. */
export interface WordsGeneralizeLable {
  Category: string;
  Word: string;
}

/** One word of the text. `Offset` and `Length` count characters; they are text only if they are not whole numbers. */
export interface WordsGeneralizeToken {
  Word: string;
  Offset: number | string;
  Length: number | string;
  Pos: string;
}

export interface WordsGeneralizeResult {
  WordsGeneralizeLable?: WordsGeneralizeLable[];
  WordsGeneralizeToken?: WordsGeneralizeToken[];
}

/** `NerMethod` is `NerBasic` or `DL`, `SegMethod` is `SegBasic` or `MIX`; both are open. */
export interface WordsGeneralize {
  NerMethod?: string;
  SegMethod?: string;
}

export interface SegmentationOperation {
  WordsGeneralize?: WordsGeneralize | "";
  /** Absent if the job failed, "" if it found nothing. */
  WordsGeneralizeResult?: WordsGeneralizeResult | "";
  UserData?: string;
  JobLevel?: string;
}

/** `JobsDetail` of a segmentation, in the provider's own node names. */
export interface SegmentationDetail {
  JobId?: string;
  Tag?: string;
  State?: string;
  Code?: string;
  Message?: string;
  CreationTime?: string;
  StartTime?: string;
  EndTime?: string;
  QueueId?: string;
  Input?: { Object?: string; BucketId?: string; Region?: string; CosHeaders?: { Key: string; Value: string }[] };
  /** Absent if only a `WorkflowFinish` has told of the job. */
  Operation?: SegmentationOperation;
}

/** A token, read. `offset` and `length` are null if they are absent or no whole number. */
export interface Token {
  word: string;
  offset: number | null;
  length: number | null;
  partOfSpeech: PartOfSpeech;
}

export interface Label {
  category: string;
  word: string;
}

export interface Segmentation {
  /** In the order sent. */
  tokens: Token[];
  labels: Label[];
}

/**
 * Reads the result of a segmentation. Null if there is none: the job failed, it is another job, or its bytes are no
 * longer kept. A job that found nothing gives no tokens and no labels. Nodes without a word are skipped.
 * @example readSegmentation(job)?.tokens[0] // { word: "今天", offset: 0, length: 2, partOfSpeech: { code: "t", … } }
 */
export function readSegmentation({ detail }: WithDetail): Segmentation | null {
  const result = contentAt(detail, "Operation", "WordsGeneralizeResult");
  if (result === undefined) return null;
  return {
    tokens: wordsAt(result, "WordsGeneralizeToken").map((node) => ({
      word: wordOf(node, "Word"),
      offset: wholeNumberAt(node, "Offset"),
      length: wholeNumberAt(node, "Length"),
      partOfSpeech: partOfSpeech(wordOf(node, "Pos")),
    })),
    labels: wordsAt(result, "WordsGeneralizeLable").map((node) => ({
      category: wordOf(node, "Category"),
      word: wordOf(node, "Word"),
    })),
  };
}

/** The nodes of that name that have a word, even an empty one. */
const wordsAt = (result: unknown, name: string): object[] =>
  nodesAt(result, name).filter((node) => typeof contentAt(node, "Word") === "string");

function wordOf(node: object, name: string): string {
  const leaf = contentAt(node, name);
  return typeof leaf === "string" ? leaf : "";
}

/** In the canonical form whole numbers are numbers here; text is not a whole number. */
function wholeNumberAt(node: object, name: string): number | null {
  const leaf = contentAt(node, name);
  return typeof leaf === "number" && Number.isSafeInteger(leaf) && leaf >= 0 ? leaf : null;
}

/** A piece of the text: a word, or a gap that no token covers, of which only the length is known. */
export type Segment = { kind: "word"; token: Token } | { kind: "gap"; offset: number; length: number };

export interface Layout {
  /** How the offsets count an astral character such as 😀: as one, or as two. `not-trusted`: they fit these words neither way. */
  offsets: "code-points" | "utf-16-units" | "not-trusted";
  segments: Segment[];
}

/** The provider does not say which. If the words fit both ways, code points are assumed. */
const COUNTINGS = [
  { offsets: "code-points", count: (word: string) => Array.from(word).length },
  { offsets: "utf-16-units", count: (word: string) => word.length },
] as const;

/**
 * Puts the text together again. If offsets and words agree, words are at their offsets, with gaps between. They agree
 * if, in one way of counting characters, every `length` is that of its word and no two words overlap. Otherwise no
 * offset is trusted, and the words come in the order sent, without gaps. What follows the last word is not known.
 * @example layOut(tokens).segments // [{ kind: "word", token }, { kind: "gap", offset: 2, length: 1 }, …]
 */
export function layOut(tokens: readonly Token[]): Layout {
  const counting = COUNTINGS.find(({ count }) => tokens.every(({ word, length }) => length === count(word)));
  const segments = counting === undefined ? null : segmentsByOffset(tokens);
  if (counting !== undefined && segments !== null) return { offsets: counting.offsets, segments };
  return { offsets: "not-trusted", segments: tokens.map((token) => ({ kind: "word", token })) };
}

/** Null if an offset is missing or lies inside another word. */
function segmentsByOffset(tokens: readonly Token[]): Segment[] | null {
  const segments: Segment[] = [];
  let end = 0;
  for (const token of tokens.toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0))) {
    const { offset, length } = token;
    if (offset === null || length === null || offset < end) return null;
    if (offset > end) segments.push({ kind: "gap", offset: end, length: offset - end });
    segments.push({ kind: "word", token });
    end = offset + length;
  }
  return segments;
}

export interface TextOptions {
  /** Replaces a gap of any length: "…" unless given. */
  gap?: string;
  /** Put between words if their offsets are not trusted: nothing unless given. */
  between?: string;
}

/**
 * The text in one string.
 * @example textOf(tokens) // "今天打车花60元"
 */
export function textOf(tokens: readonly Token[], { gap = "…", between = "" }: TextOptions = {}): string {
  const { offsets, segments } = layOut(tokens);
  const pieces = segments.map((segment) => (segment.kind === "word" ? segment.token.word : gap));
  return pieces.join(offsets === "not-trusted" ? between : "");
}

/**
 * The words of each category, in the order sent.
 * @example labelsByCategory(labels).get("交通") // ["打车"]
 */
export function labelsByCategory(labels: readonly Label[]): Map<string, string[]> {
  const categories = new Map<string, string[]>();
  for (const { category, word } of labels) {
    const words = categories.get(category);
    if (words === undefined) categories.set(category, [word]);
    else words.push(word);
  }
  return categories;
}

/**
 * How many tokens there are of each part of speech, the most frequent first; of equals, the one that came first.
 * @example countPartsOfSpeech(tokens)[0] // { partOfSpeech: { code: "v", en: "verb", zh: "动词" }, count: 2 }
 */
export function countPartsOfSpeech(tokens: readonly Token[]): { partOfSpeech: PartOfSpeech; count: number }[] {
  return countBy(tokens, (token) => token.partOfSpeech.code).map(({ first, count }) => ({
    partOfSpeech: first.partOfSpeech,
    count,
  }));
}

/**
 * The most frequent words; of equals, the one that came first. If only some parts of speech matter, filter the tokens
 * first.
 * @example frequentWords(tokens.filter((token) => token.partOfSpeech.code === "n"), 3)
 */
export function frequentWords(tokens: readonly Token[], limit = 10): { word: string; count: number }[] {
  const counts = countBy(tokens, (token) => token.word);
  return counts.slice(0, limit).map(({ first, count }) => ({ word: first.word, count }));
}

interface Counted {
  first: Token;
  count: number;
}

/** How many tokens share each key, the greatest count first. */
function countBy(tokens: readonly Token[], keyOf: (token: Token) => string): Counted[] {
  const counts = new Map<string, Counted>();
  for (const token of tokens) {
    const key = keyOf(token);
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, { first: token, count: 1 });
    else counted.count += 1;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
