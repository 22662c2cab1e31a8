/** Job types about video and audio. */
import { mediaInfo, mediaResult, output } from "../media.ts";
import type { Random } from "../random.ts";
import type { Tree } from "../tree.ts";
import { type JobType, template } from "./job-type.ts";

/** A job type that makes one media file from another. */
const mediaType = (input: string, made: string, more: (random: Random) => Tree = () => ({})): JobType => ({
  service: "j",
  input,
  describe({ random, stem, ...place }) {
    const object = `output/${stem}.${made}`;
    const streams = made === "gif" ? { video: "gif" as const } : { video: "h264" as const, audio: "aac" as const };
    return {
      settings: { Output: output(place, object), ...template(random), ...more(random) },
      results: { MediaInfo: mediaInfo(random, streams), MediaResult: mediaResult(random, place, [object]) },
    };
  },
});

const transcodeTemplate = (random: Random): Tree => ({
  TranscodeTemplateId: `t${random.hex(32)}`,
  WatermarkTemplateId: Array.from({ length: random.whole(0, 2) }, () => `t${random.hex(32)}`),
});

const watermark = (random: Random): Tree => ({ Message: `id-${random.hex(8)}`, Type: "Text", Version: "V1" });

export const MEDIA_TYPES = {
  Transcode: mediaType("mov", "mp4"),
  Animation: mediaType("mp4", "gif"),
  Snapshot: {
    service: "j",
    input: "mp4",
    describe({ random, stem, ...place }) {
      const numbered = Array.from({ length: random.whole(1, 8) }, (_, number) => `${number}.jpg`);
      return {
        settings: { Output: output(place, `output/${stem}-\${Number}.jpg`), ...template(random) },
        results: {
          MediaInfo: { Format: "", Stream: { Audio: "", Subtitle: "", Video: "" } },
          MediaResult: mediaResult(random, place, numbered, `output/${stem}-`),
        },
      };
    },
  },
  SmartCover: {
    service: "j",
    input: "mp4",
    describe({ random, stem, ...place }) {
      const count = random.whole(1, 5);
      const covers = Array.from({ length: count }, (_, number) => `output/${stem}-${number}.jpg`);
      return {
        settings: {
          Output: output(place, `output/${stem}-\${Number}.jpg`),
          SmartCover: { Count: String(count), DeleteDuplicates: "false", Format: "jpg", Height: "960", Width: "1280" },
        },
        results: { MediaResult: mediaResult(random, place, covers) },
      };
    },
  },
  Concat: mediaType("mp4", "mp4"),
  VoiceSeparate: {
    service: "j",
    input: "mp3",
    describe({ random, stem, ...place }) {
      const [voice, background] = [`output/${stem}-voice.mp3`, `output/${stem}-background.mp3`];
      return {
        settings: { Output: output(place, background, { AuObject: voice }), ...template(random) },
        results: {
          MediaInfo: mediaInfo(random, { audio: "mp3" }),
          MediaResult: mediaResult(random, place, [voice, background]),
        },
      };
    },
  },
  VideoMontage: mediaType("mp4", "mp4"),
  SDRtoHDR: mediaType("mp4", "mp4", (random) => ({
    SDRtoHDR: { HdrMode: random.pick(["HDR10", "HLG"]) },
    ...transcodeTemplate(random),
  })),
  VideoProcess: mediaType("mp4", "mp4", transcodeTemplate),
  // `State` and `Message` here are the watermark's, not the job's.
  SuperResolution: mediaType("mp4", "mp4", (random) => ({
    DigitalWatermark: { IgnoreError: "true", ...watermark(random), State: "Failed" },
    ...transcodeTemplate(random),
  })),
  Segment: {
    service: "j",
    input: "mp4",
    describe({ random, stem, ...place }) {
      const numbered = Array.from({ length: random.whole(2, 9) }, (_, number) => String(number));
      return {
        settings: {
          Output: output(place, `output/${stem}-\${number}`),
          Segment: {
            Duration: random.pick(["5", "10", "25"]),
            Format: "mp4",
            HlsEncrypt: { IsHlsEncrypt: "false", UriKey: "" },
          },
        },
        results: {
          MediaInfo: mediaInfo(random, { video: "h264", audio: "aac" }),
          MediaResult: mediaResult(random, place, numbered, `output/${stem}-`),
        },
      };
    },
  },
  DigitalWatermark: mediaType("mp4", "mp4", (random) => ({
    DigitalWatermark: { IgnoreError: "false", ...watermark(random), State: "Success" },
  })),
  ExtractDigitalWatermark: {
    service: "j",
    input: "mp4",
    describe: ({ random }) => ({ settings: {}, results: { ExtractDigitalWatermark: watermark(random) } }),
  },
  VideoTag: {
    service: "j",
    input: "mp4",
    describe: ({ random }) => ({
      settings: { VideoTag: { Scenario: "Stream" } },
      results: { VideoTagResult: { StreamData: videoTags(random) } },
    }),
  },
  MediaInfo: {
    service: "j",
    input: "mp4",
    describe: ({ random }) => ({
      settings: {},
      results: { MediaInfo: mediaInfo(random, { video: random.pick(["h264", "hevc"]), audio: "aac" }) },
    }),
  },
  StreamExtract: {
    service: "j",
    input: "mp4",
    describe({ random, stem, ...place }) {
      const objects = [`output/${stem}-0.mp4`, `output/${stem}-1.aac`];
      const wanted = objects.map((object, index) => ({ Index: String(index), Output: object }));
      return {
        settings: { Output: { Bucket: place.bucket, Region: place.region, StreamExtract: wanted } },
        results: { MediaResult: mediaResult(random, place, objects) },
      };
    },
  },
  // Numbers and booleans are native here, as the newer JSON has them.
  QualityEstimate: {
    service: "j",
    input: "mp4",
    describe: ({ random }) => ({
      settings: { QualityEstimateConfig: { Mode: "Base", Rotate: "90" } },
      results: {
        QualityEstimate: {
          Score: (random.whole(100, 500) / 100).toFixed(2),
          VqaPlusResult: {
            NoAudio: false,
            NoVideo: false,
            DetailedResult: [
              { Type: "Blur", Items: { Confidence: random.whole(50, 99), StartTimeOffset: 0.5, EndTimeOffset: 2 } },
            ],
          },
        },
      },
    }),
  },
  NoiseReduction: {
    service: "j",
    input: "mp3",
    describe: ({ stem, ...place }) => ({ settings: { Output: output(place, `output/${stem}.wav`) } }),
  },
} as const satisfies Record<string, JobType>;

const PLACES = [
  ["Office", "Work"],
  ["Street", "Nature/Outdoor"],
  ["Sky", "Nature/Outdoor"],
  ["Shop", "Business"],
] as const;

/** `Tag`, `StartTime` and `EndTime` occur in here, too. They are not the job's. */
function videoTags(random: Random): Tree {
  const seconds = random.whole(3, 30);
  const confidence = () => (random.whole(100_000, 999_999) / 1_000_000).toFixed(6);
  const tags = Array.from({ length: random.whole(1, 3) }, () => {
    const [tag, group] = random.pick(PLACES);
    return { Confidence: confidence(), Tag: tag, TagCls: group };
  });
  return {
    Data: {
      ActionTags: [
        { EndTime: String(seconds), StartTime: "0", Tags: { Confidence: confidence(), Tag: "Speak", TagCls: "Speak" } },
      ],
      PersonTags: "",
      PlaceTags: [
        {
          ClipFrameResult: tags.map(({ Tag, Confidence }) => `${Tag}: ${Confidence.slice(0, 4)}`),
          EndIndex: String(seconds * 25),
          EndTime: String(seconds),
          StartIndex: "0",
          StartTime: "0",
          Tags: tags,
        },
      ],
      Tags: tags.map(({ Confidence, Tag }) => ({ Confidence, Tag })),
    },
    SubErrCode: "0",
    SubErrMsg: "ok",
  };
}
