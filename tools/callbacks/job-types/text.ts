/** Job types about text and speech. */
import { mediaInfo, mediaResult, output } from "../media.ts";
import type { Random } from "../random.ts";
import { writeSegmentation } from "../sentences.ts";
import type { Tree } from "../tree.ts";
import { type JobType, template } from "./job-type.ts";

export const TEXT_TYPES = {
  WordsGeneralize: {
    service: "a",
    input: "txt",
    describe({ random, tokens }) {
      const written = writeSegmentation(random, tokens);
      return {
        settings: {
          WordsGeneralize: {
            NerMethod: random.pick(["NerBasic", "DL"]),
            SegMethod: random.pick(["SegBasic", "MIX"]),
          },
        },
        results: {
          WordsGeneralizeResult: {
            WordsGeneralizeLable: written.labels.map(({ category, word }) => ({ Category: category, Word: word })),
            WordsGeneralizeToken: written.tokens.map(({ word, offset, length, pos }) => ({
              Length: String(length),
              Offset: String(offset),
              Pos: pos,
              Word: word,
            })),
          },
        },
      };
    },
  },
  Translation: {
    service: "a",
    input: "pdf",
    describe: ({ stem, ...place }) => ({
      settings: { Output: output(place, `output/${stem}.zh.pdf`), Translation: { Lang: "zh", Type: "pdf" } },
    }),
  },
  SpeechRecognition: {
    service: "s",
    input: "mp3",
    describe({ random, stem, ...place }) {
      const object = `output/${stem}.txt`;
      return {
        settings: { Output: output(place, object), ...template(random) },
        results: { SpeechRecognitionResult: speechResult(random, object) },
      };
    },
  },
  Tts: {
    service: "j",
    input: "txt",
    describe({ random, stem, ...place }) {
      const object = `output/${stem}.mp3`;
      return {
        settings: {
          Output: output(place, object),
          TtsConfig: { Input: `Order ${random.whole(1, 999)} is ready & waiting.`, InputType: "Text" },
          ...template(random),
        },
        results: { MediaInfo: mediaInfo(random, { audio: "mp3" }), MediaResult: mediaResult(random, place, [object]) },
      };
    },
  },
} as const satisfies Record<string, JobType>;

/** Speech cut into words, with times that follow one another. */
function speechResult(random: Random, object: string): Tree {
  const { tokens } = writeSegmentation(random, random.whole(8, 24));
  const sentence = tokens.map(({ word }) => word).join("");
  let at = 0;
  const words = tokens.map(({ word, pos }) => {
    const start = at;
    if (pos !== "w") at += random.whole(200, 900);
    return { OffsetEndMs: String(at), OffsetStartMs: String(start), VoiceType: pos === "w" ? "1" : "0", Word: word };
  });
  return {
    AudioTime: (at / 1000).toFixed(3),
    DetailObjectName: `${object}.detail`,
    ObjectName: object,
    Result: `[0:0.000,0:${(at / 1000).toFixed(3)}]  ${sentence}`,
    ResultDetail: {
      EndMs: String(at),
      FinalSentence: sentence,
      SliceSentence: tokens.map(({ word }) => word).join(" "),
      SpeakerId: "0",
      StartMs: "0",
      Words: words,
      WordsNum: String(words.length),
    },
  };
}
