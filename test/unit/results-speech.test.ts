import { describe, expect, test } from "vitest";
import { readSpeech } from "../../src/results/speech.ts";
import { readTranslation } from "../../src/results/translation.ts";
import type { Fields } from "../fixtures/jobs.ts";
import { jobWith } from "./results.ts";

const OUTPUT = { Bucket: "calls-1250000001", Object: "out/call.txt", Region: "ap-chongqing" };
const FILE = { bucket: "calls-1250000001", region: "ap-chongqing", object: "out/call.txt", md5: null };

describe("a speech recognition", () => {
  const speechOf = (result: Fields | string) =>
    readSpeech(jobWith("SpeechRecognition", { Output: OUTPUT, SpeechRecognitionResult: result }));

  const detailed = {
    EndMs: "9100",
    FinalSentence: "一 & 二",
    SpeakerId: "1",
    SpeechSpeed: "2.4",
    StartMs: "3320",
    Words: [
      { OffsetEndMs: "2190", OffsetStartMs: "0", Word: "一" },
      { OffsetEndMs: "2400", OffsetStartMs: "2190", Word: " " },
    ],
  };

  test("has sentences and words, all with their times from the start of the recording", () => {
    expect(speechOf({ AudioTime: "19.7124", Result: "[0:3.320,0:9.100]  一 & 二", ResultDetail: detailed })).toEqual({
      durationSeconds: 19.7124,
      text: "一 & 二",
      sentences: [
        {
          text: "一 & 二",
          startSeconds: 3.32,
          endSeconds: 9.1,
          speaker: "1",
          wordsPerSecond: 2.4,
          words: [
            { text: "一", startSeconds: 3.32, endSeconds: 5.51 },
            { text: " ", startSeconds: 5.51, endSeconds: 5.72 },
          ],
        },
      ],
      files: [FILE],
    });
  });

  test("has the files that its result names", () => {
    const named = { ObjectName: "out/a.txt", DetailObjectName: "out/a.txt.detail" };
    expect(speechOf(named)?.files).toEqual([
      { ...FILE, object: "out/a.txt" },
      { ...FILE, object: "out/a.txt.detail" },
    ]);
  });

  test("has times of words without what binary floating point adds", () => {
    const words = { Word: "a", OffsetStartMs: "200" };
    expect(speechOf({ ResultDetail: { StartMs: "100", Words: words } })?.sentences[0]?.words[0]?.startSeconds).toBe(
      0.3,
    );
  });

  test("has no times of words where that of their sentence is missing", () => {
    const { StartMs: _, ...rest } = detailed;
    expect(speechOf({ ResultDetail: rest })?.sentences[0]?.words[0]).toEqual({
      text: "一",
      startSeconds: null,
      endSeconds: null,
    });
  });

  test("has its sentences from the fast recognition, by channel", () => {
    const words = [{ word: "hello", start_time: "0", end_time: "480" }];
    const sentence = { text: "hello there", start_time: "0", end_time: "1200", speaker_id: "7", word_list: words };
    const unnamed = { text: "yes", start_time: "1300" };
    const channels = [
      { channel_id: "0", text: "hello there yes", sentence_list: [sentence, unnamed] },
      { channel_id: "1", text: "good day" },
    ];
    expect(speechOf({ FlashResult: channels })).toMatchObject({
      durationSeconds: null,
      text: "hello there\nyes\ngood day",
      sentences: [
        {
          text: "hello there",
          startSeconds: 0,
          endSeconds: 1.2,
          speaker: "7",
          words: [{ text: "hello", startSeconds: 0, endSeconds: 0.48 }],
        },
        { text: "yes", startSeconds: 1.3, endSeconds: null, speaker: "0", words: [] },
        { text: "good day", startSeconds: null, endSeconds: null, speaker: "1", words: [] },
      ],
    });
  });

  test.each([
    ["[0:3.320,1:19.712]  one", { text: "one", startSeconds: 3.32, endSeconds: 79.712, speaker: null }],
    ["[12:0.5,61:1,2] two, three", { text: "two, three", startSeconds: 720.5, endSeconds: 3661, speaker: "2" }],
    ["just text", { text: "just text", startSeconds: null, endSeconds: null, speaker: null }],
    ["[music] and text", { text: "[music] and text", startSeconds: null, endSeconds: null, speaker: null }],
  ])("reads the line %j", (line, expected) => {
    expect(speechOf({ Result: `\n${line}\n` })?.sentences).toEqual([{ ...expected, wordsPerSecond: null, words: [] }]);
  });

  test("that heard nothing has no sentences", () => {
    expect(speechOf({ AudioTime: "1.5", Result: "" })).toEqual({
      durationSeconds: 1.5,
      text: "",
      sentences: [],
      files: [FILE],
    });
  });

  test("has empty texts where CI sends none, so that times are not lost", () => {
    const word = { start_time: "0" };
    const sentence = { start_time: "5", word_list: word };
    expect(speechOf({ ResultDetail: { StartMs: "5", Words: { OffsetStartMs: "1" } } })).toMatchObject({
      text: "",
      sentences: [{ text: "", startSeconds: 0.005, words: [{ text: "", startSeconds: 0.006 }] }],
    });
    expect(speechOf({ FlashResult: { sentence_list: sentence } })?.sentences).toMatchObject([
      { text: "", startSeconds: 0.005, words: [{ text: "", startSeconds: 0 }] },
    ]);
  });

  test("that failed gives null", () => {
    expect(readSpeech(jobWith("SpeechRecognition", { Output: OUTPUT }, { State: "Failed" }))).toBeNull();
    expect(speechOf("")).toBeNull();
  });
});

describe("a translation", () => {
  const translation = { Lang: "en", Type: "txt" };

  test("has its file", () => {
    expect(readTranslation(jobWith("Translation", { Output: OUTPUT, Translation: translation }))).toEqual({
      text: null,
      sourceLanguage: "en",
      fileType: "txt",
      files: [FILE],
    });
  });

  test.each([
    ["where its table puts it", { AITranslateResult: "", Result: "你好" }],
    ["where its table says that it is", { AITranslateResult: { Result: "你好" } }],
  ])("has its text %s", (_, result) => {
    expect(readTranslation(jobWith("Translation", { ...result, Translation: translation }))?.text).toBe("你好");
  });

  test("that failed gives null", () => {
    const operation = { Output: OUTPUT, Translation: translation };
    expect(readTranslation(jobWith("Translation", operation, { State: "Failed" }))).toBeNull();
  });
});
