/** The words of a segmentation as files that other programs read. Pure: text from tokens. */
import { layOut, type Segment, type Token } from "../../../results/segmentation.ts";

interface WordFormat {
  extension: string;
  type: string;
  textOf: (tokens: readonly Token[]) => string;
}

/** By the name that the address has. */
export const WORD_FORMATS = {
  tsv: { extension: "tsv", type: "text/tab-separated-values", textOf: tsvOf },
  csv: { extension: "csv", type: "text/csv", textOf: csvOf },
  conllu: { extension: "conllu", type: "text/plain", textOf: conlluOf },
  text: { extension: "txt", type: "text/plain", textOf: (tokens) => `${ordered(tokens).map(spaced).join(" ")}\n` },
  tagged: {
    extension: "txt",
    type: "text/plain",
    textOf: (tokens) =>
      `${ordered(tokens)
        .map((token) => `${spaced(token)}/${token.partOfSpeech.code}`)
        .join(" ")}\n`,
  },
} as const satisfies Record<string, WordFormat>;

export type WordFormatName = keyof typeof WORD_FORMATS;

export const isWordFormat = (name: string | undefined): name is WordFormatName =>
  name !== undefined && Object.hasOwn(WORD_FORMATS, name);

const COLUMNS = ["word", "offset", "length", "pos"] as const;

/** In the order of the text, where the offsets tell it. */
const ordered = (tokens: readonly Token[]): Token[] =>
  layOut(tokens).segments.flatMap((segment) => (segment.kind === "word" ? [segment.token] : []));

const cellsOf = ({ word, offset, length, partOfSpeech }: Token): string[] => [
  word,
  String(offset ?? ""),
  String(length ?? ""),
  partOfSpeech.code,
];

/** A word in a format whose fields are separated by white space: its own, which is rare, becomes U+2423. */
const spaced = ({ word }: Token): string => word.replace(/\s/g, "␣");

/** Tabs and line ends in a word, which the format has no way to write, become spaces. */
function tsvOf(tokens: readonly Token[]): string {
  const lines = [COLUMNS, ...ordered(tokens).map(cellsOf)];
  return lines.map((cells) => `${cells.map((cell) => cell.replace(/[\t\r\n]/g, " ")).join("\t")}\n`).join("");
}

/** RFC 4180, each word exactly as it was sent. The mark at the start tells Excel that it is UTF-8. */
function csvOf(tokens: readonly Token[]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [COLUMNS, ...ordered(tokens).map(cellsOf)];
  return `\ufeff${lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("")}`;
}

const SENTENCE_END = /^[。！？!?；;…]+$/;

/** CoNLL-U (universaldependencies.org/format): the provider's tag is XPOS, and where a word is stands in MISC. */
function conlluOf(tokens: readonly Token[]): string {
  const sentences: Segment[][] = [[]];
  for (const segment of layOut(tokens).segments) {
    sentences.at(-1)?.push(segment);
    if (segment.kind === "word" && SENTENCE_END.test(segment.token.word)) sentences.push([]);
  }
  return sentences
    .filter((sentence) => sentence.some(({ kind }) => kind === "word"))
    .map((sentence, index) => `# sent_id = ${index + 1}\n# text = ${sentenceText(sentence)}\n${linesOf(sentence)}\n`)
    .join("");
}

const sentenceText = (sentence: readonly Segment[]): string =>
  sentence
    .map((segment) => (segment.kind === "word" ? segment.token.word : " "))
    .join("")
    .replace(/\s/g, " ")
    .trim();

function linesOf(sentence: readonly Segment[]): string {
  const lines = sentence.flatMap((segment, at) => {
    if (segment.kind === "gap") return [];
    const { word, offset, partOfSpeech } = segment.token;
    const misc = [
      ...(sentence[at + 1]?.kind === "gap" ? [] : ["SpaceAfter=No"]),
      ...(offset === null ? [] : [`Offset=${offset}`]),
    ];
    return [[field(word), "_", "_", field(partOfSpeech.code), "_", "_", "_", "_", misc.join("|") || "_"]];
  });
  return lines.map((fields, index) => `${[String(index + 1), ...fields].join("\t")}\n`).join("");
}

/** A field has no tab and no line end, and is not empty. */
const field = (text: string): string => text.replace(/[\t\r\n]/g, " ").trim() || "_";
