/**
 * What a speech recognition heard: its text, and its sentences and words with their times. All times are seconds from
 * the start of the recording (436/49008).
 */
import { millisecondsAt, nodeAt, nodesAt, numberAt, textAt, type WithDetail } from "./nodes.ts";
import { type OutputFile, readNamedFiles } from "./output-files.ts";

export interface SpokenWord {
  text: string;
  startSeconds: number | null;
  endSeconds: number | null;
}

export interface Sentence {
  text: string;
  startSeconds: number | null;
  endSeconds: number | null;
  /** Number of the speaker or, in a recording with two channels, of the channel; null if CI did not tell them apart. */
  speaker: string | null;
  wordsPerSecond: number | null;
  /** Empty unless the job asked for words. */
  words: SpokenWord[];
}

export interface Speech {
  /** Length of the recording. */
  durationSeconds: number | null;
  /** Everything that was said, one sentence a line, without CI's time marks. */
  text: string;
  sentences: Sentence[];
  /** The files that the job wrote: the text and, if asked for, its sentences and words. */
  files: OutputFile[];
}

/**
 * Reads the result of a speech recognition; null if there is none: it failed or is not over, or its bytes are no longer
 * kept.
 * @example readSpeech(job)?.sentences[0] // { text: "…", startSeconds: 3.32, endSeconds: 19.712, words: […], … }
 */
export function readSpeech({ detail }: WithDetail): Speech | null {
  const result = nodeAt(detail, "Operation", "SpeechRecognitionResult");
  if (result === null) return null;
  const sentences = readSentences(result);
  return {
    durationSeconds: numberAt(result, "AudioTime"),
    text: sentences.map((sentence) => sentence.text).join("\n"),
    sentences,
    files: readNamedFiles(detail, result, "ObjectName", "DetailObjectName"),
  };
}

/** The most detailed form that the result has: sentences with words, the fast recognition, or lines with time marks. */
function readSentences(result: object): Sentence[] {
  const detailed = nodesAt(result, "ResultDetail").map(readDetailed);
  if (detailed.length > 0) return detailed;
  const fast = nodesAt(result, "FlashResult").flatMap(readChannel);
  if (fast.length > 0) return fast;
  return (textAt(result, "Result") ?? "").split("\n").flatMap(readLine);
}

/** `ResultDetail`. CI counts the times of words from the start of their sentence. */
function readDetailed(node: object): Sentence {
  const startSeconds = millisecondsAt(node, "StartMs");
  const later = (offset: number | null): number | null =>
    startSeconds === null || offset === null ? null : Math.round((startSeconds + offset) * 1000) / 1000;
  return {
    text: textAt(node, "FinalSentence") ?? "",
    startSeconds,
    endSeconds: millisecondsAt(node, "EndMs"),
    speaker: textAt(node, "SpeakerId"),
    wordsPerSecond: numberAt(node, "SpeechSpeed"),
    words: nodesAt(node, "Words").map((word) => ({
      text: textAt(word, "Word") ?? "",
      startSeconds: later(millisecondsAt(word, "OffsetStartMs")),
      endSeconds: later(millisecondsAt(word, "OffsetEndMs")),
    })),
  };
}

/**
 * One channel of a `FlashResult`, the fast recognition. The provider gives no unit and no origin for its times. They
 * are read as milliseconds from the start of the recording, also those of words.
 */
function readChannel(channel: object): Sentence[] {
  const sentences = nodesAt(channel, "sentence_list").map((node) => ({
    text: textAt(node, "text") ?? "",
    ...readFastTimes(node),
    speaker: textAt(node, "speaker_id") ?? textAt(channel, "channel_id"),
    wordsPerSecond: null,
    words: nodesAt(node, "word_list").map((word) => ({ text: textAt(word, "word") ?? "", ...readFastTimes(word) })),
  }));
  const text = textAt(channel, "text");
  if (sentences.length > 0 || text === null) return sentences;
  const speaker = textAt(channel, "channel_id");
  return [{ text, startSeconds: null, endSeconds: null, speaker, wordsPerSecond: null, words: [] }];
}

const readFastTimes = (node: object): Pick<Sentence, "startSeconds" | "endSeconds"> => ({
  startSeconds: millisecondsAt(node, "start_time"),
  endSeconds: millisecondsAt(node, "end_time"),
});

/** `[0:3.320,0:19.712]  text`, with the speaker as a third value if speakers are told apart. */
const MARKED_LINE = /^\[(\d+):(\d+(?:\.\d+)?),(\d+):(\d+(?:\.\d+)?)(?:,(\d+))?\]\s*(.*)$/;

/** A line of `Result`. Without a time mark, the whole line is text. */
function readLine(line: string): Sentence[] {
  if (line.trim() === "") return [];
  const [, startMinute, startSecond, endMinute, endSecond, speaker, text] = MARKED_LINE.exec(line) ?? [];
  return [
    {
      text: text ?? line,
      startSeconds: secondsOf(startMinute, startSecond),
      endSeconds: secondsOf(endMinute, endSecond),
      speaker: speaker ?? null,
      wordsPerSecond: null,
      words: [],
    },
  ];
}

const secondsOf = (minutes: string | undefined, seconds: string | undefined): number | null =>
  minutes === undefined ? null : Math.round((Number(minutes) * 60 + Number(seconds)) * 1000) / 1000;
