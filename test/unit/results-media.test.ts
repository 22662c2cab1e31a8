import { describe, expect, test } from "vitest";
import { MAX_NODES } from "../../src/callback/limits.ts";
import { readMedia } from "../../src/results/media.ts";
import type { Fields } from "../fixtures/jobs.ts";
import { jobOf, without } from "../fixtures/jobs.ts";
import { jobIn, jobWith } from "./results.ts";
import { xmlCallback } from "../fixtures/envelopes.ts";

const OUTPUT = { Bucket: "films-1250000001", Object: "out/film.mp4", Region: "ap-chongqing" };
const PLACE = { bucket: "films-1250000001", region: "ap-chongqing" };
const NOTHING = { files: [], sprites: [], info: null, quality: null, tags: null, watermark: null, spoken: null };

const made = (files: Fields): Fields => ({ MediaResult: { OutputFile: { ...without(OUTPUT, "Object"), ...files } } });

describe("files made", () => {
  const filesOf = (operation: Fields, changes: Fields = {}) =>
    readMedia(jobWith("Transcode", operation, changes))?.files;
  const file = { ...PLACE, md5: null, part: null, streamIndex: null };

  test("come with their hashes", () => {
    const files = made({
      ObjectName: ["a", "b"],
      Md5Info: [
        { ObjectName: "b", Md5: "22" },
        { ObjectName: "a", Md5: "11" },
      ],
    });
    expect(filesOf(files)).toEqual([
      { ...file, object: "a", md5: "11" },
      { ...file, object: "b", md5: "22" },
    ]);
  });

  test("have the prefix that they share before their names; hashes are of whole names", () => {
    const files = made({
      ObjectPrefix: "out/part-",
      ObjectName: ["0", "1"],
      Md5Info: { ObjectName: "out/part-1", Md5: "22" },
    });
    expect(filesOf(files)).toEqual([
      { ...file, object: "out/part-0" },
      { ...file, object: "out/part-1", md5: "22" },
    ]);
  });

  test("are what was asked for, where a job succeeded and names none", () => {
    expect(filesOf({ Output: OUTPUT })).toEqual([{ ...file, object: "out/film.mp4" }]);
  });

  test.each([
    ["failed", { State: "Failed", Code: "InternalError" }],
    ["goes on", { State: "Running" }],
  ])("are not what was asked for, where a job %s", (_, changes) => {
    expect(filesOf({ Output: OUTPUT }, changes)).toBeUndefined();
  });

  test("are not a pattern of names", () => {
    expect(filesOf({ Output: { ...OUTPUT, Object: "out/${Number}.jpg" } })).toBeUndefined();
  });

  test("of a snapshot are pictures and sheets of them", () => {
    const sprites = { ...without(OUTPUT, "Object"), ObjectPrefix: "out/sprite-", ObjectName: "0.jpg" };
    const read = readMedia(jobWith("Snapshot", made({ ObjectName: "out/0.jpg", SpriteOutputFile: sprites })));
    expect(read?.files).toEqual([{ ...file, object: "out/0.jpg" }]);
    expect(read?.sprites).toEqual([{ ...PLACE, object: "out/sprite-0.jpg", md5: null }]);
  });

  test("of a voice separation say what is in them", () => {
    const files = made({ ObjectName: ["voice.mp3", "rest.mp3", "drums.mp3"] });
    const output = { ...OUTPUT, Object: "rest.mp3", AuObject: "voice.mp3" };
    expect(filesOf({ ...files, Output: output })?.map(({ object, part }) => [object, part])).toEqual([
      ["voice.mp3", "voice"],
      ["rest.mp3", "background"],
      ["drums.mp3", null],
    ]);
  });

  test("of a stream extraction say which stream is in them", () => {
    const streams = [
      { Index: "0", Output: "0.mp4" },
      { Index: "2", Output: "2.aac" },
    ];
    const read = filesOf({ ...made({ ObjectName: ["0.mp4", "2.aac"] }), Output: { StreamExtract: streams } });
    expect(read?.map(({ streamIndex }) => streamIndex)).toEqual([0, 2]);
  });

  test("are read from the line of a workflow's end as well", () => {
    const result = { ObjectCount: "1", ObjectInfo: { ObjectName: "a.mp4", ObjectUrl: "https://example.com/a.mp4" } };
    expect(readMedia({ detail: { State: "Success", ResultInfo: result } })?.files).toEqual([
      { object: "a.mp4", bucket: null, region: null, md5: null, part: null, streamIndex: null },
    ]);
  });
});

describe("media information", () => {
  const infoOf = (info: Fields) => readMedia(jobWith("MediaInfo", { MediaInfo: info }))?.info;

  test("is in seconds, bytes, bits a second, pixels and frames a second", () => {
    const format = {
      Bitrate: "834.736000",
      Duration: "13.654000",
      FormatName: "mov,mp4",
      NumStream: "2",
      Size: "1424687",
      StartTime: "0.000000",
    };
    const video = {
      Bitrate: "763.774000",
      CodecName: "h264",
      Dar: "9:16",
      Duration: "12.960000",
      Fps: "25.000000",
      AvgFps: "30000/1001",
      Height: "960",
      Index: "0",
      NumFrames: "324",
      Rotation: "90.000000",
      Width: "544",
    };
    const audio = {
      Bitrate: "104.047000",
      Channel: "2",
      ChannelLayout: "stereo",
      CodecName: "aac",
      Index: "1",
      Language: "und",
      SampleRate: "44100",
    };
    const read = infoOf({
      Format: format,
      Stream: { Video: video, Audio: audio, Subtitle: { Index: "2", Language: "eng" } },
    });
    expect(read?.format).toEqual({
      name: "mov,mp4",
      longName: null,
      durationSeconds: 13.654,
      startSeconds: 0,
      sizeBytes: 1_424_687,
      bitsPerSecond: 834_736,
      streamCount: 2,
      programCount: null,
    });
    expect(read?.video).toEqual([
      {
        index: 0,
        codec: "h264",
        codecLongName: null,
        durationSeconds: 12.96,
        startSeconds: null,
        bitsPerSecond: 763_774,
        language: null,
        profile: null,
        widthPixels: 544,
        heightPixels: 960,
        framesPerSecond: 25,
        averageFramesPerSecond: 30_000 / 1001,
        frameCount: 324,
        rotationDegrees: 90,
        displayAspectRatio: "9:16",
        pixelFormat: null,
        colorPrimaries: null,
        colorTransfer: null,
      },
    ]);
    expect(read?.audio).toMatchObject([
      { index: 1, bitsPerSecond: 104_047, channelCount: 2, channelLayout: "stereo", sampleRateHertz: 44_100 },
    ]);
    expect(read?.subtitles).toEqual([{ index: 2, language: "eng" }]);
  });

  test("takes as many streams as a body may have nodes", () => {
    const streams = Array.from({ length: MAX_NODES }, () => ({ Bitrate: "1" }));
    const detail = { Operation: { MediaInfo: { Stream: { Audio: streams } } } };
    expect(readMedia({ detail })?.info?.audio).toHaveLength(MAX_NODES);
  });

  test("has every stream of a kind", () => {
    expect(infoOf({ Stream: { Audio: [{ Index: "0" }, { Index: "1" }] } })?.audio.map(({ index }) => index)).toEqual([
      0, 1,
    ]);
  });

  test.each([
    [
      "kbit/s, as documented",
      { Bitrate: "1175.000000", Size: "1909389", Duration: "13" },
      "1031.968000",
      [1_175_000, 1_031_968],
    ],
    [
      "bit/s, where kbit/s would be more than the file can hold",
      { Size: "1909389", Duration: "13" },
      "1031968",
      [null, 1_031_968],
    ],
    [
      "bit/s of the whole as well",
      { Bitrate: "1175000", Size: "1909389", Duration: "13" },
      "1031968",
      [1_175_000, 1_031_968],
    ],
    ["kbit/s, where size or duration is missing", { Duration: "13" }, "1031.968", [null, 1_031_968]],
    ["kbit/s, where the file has no length", { Size: "1000", Duration: "0" }, "128", [null, 128_000]],
    ["kbit/s, where the file has no size", { Size: "0", Duration: "13" }, "128", [null, 128_000]],
    ["kbit/s of a stream far shorter than the file", { Size: "1250000", Duration: "100" }, "900", [null, 900_000]],
  ])("takes bitrates for %s", (_, format, bitrate, expected) => {
    const read = infoOf({ Format: format, Stream: { Video: { Bitrate: bitrate } } });
    expect([read?.format?.bitsPerSecond, read?.video[0]?.bitsPerSecond]).toEqual(expected);
  });

  test.each(["0/0", "25/0", "N/A", "", "-", "1e400"])("gives no rate for %j", (sent) => {
    expect(infoOf({ Stream: { Video: { Index: "0", Fps: sent } } })?.video[0]?.framesPerSecond).toBeNull();
  });

  test("is null where its nodes are empty, as for jobs that make pictures", () => {
    const empty = { Format: "", Stream: { Audio: "", Subtitle: "", Video: "" } };
    expect(readMedia(jobWith("SmartCover", { MediaInfo: empty, Output: OUTPUT }))?.info).toBeNull();
    expect(readMedia(jobWith("MediaInfo", { MediaInfo: empty }))).toBeNull();
  });
});

describe("what a job found", () => {
  test("is a quality from 0 to 100, which CI counts from 0 to 10", () => {
    const more = {
      NoAudio: "false",
      NoVideo: "true",
      DetailedResult: { Type: "Blur", Items: { Confidence: "80", StartTimeOffset: "0.5", EndTimeOffset: "2" } },
    };
    expect(readMedia(jobWith("QualityEstimate", { QualityEstimate: { Score: "8.75", VqaPlusResult: more } }))).toEqual({
      ...NOTHING,
      quality: {
        score: 87.5,
        hasAudio: true,
        hasVideo: false,
        defects: [{ type: "Blur", score: 80, startSeconds: 0.5, endSeconds: 2 }],
      },
    });
  });

  test.each(["10.5", "-1", "good"])("is no quality where the score is %s", (sent) => {
    const job = jobWith("QualityEstimate", { QualityEstimate: { Score: sent } });
    expect(readMedia(job)?.quality).toEqual({ score: null, hasAudio: null, hasVideo: null, defects: [] });
  });

  test("is a watermark", () => {
    const mark = { Message: "mark", Type: "Text", Version: "V1" };
    expect(readMedia(jobWith("ExtractDigitalWatermark", { ExtractDigitalWatermark: mark }))).toEqual({
      ...NOTHING,
      watermark: { text: "mark", type: "Text", version: "V1", state: null },
    });
  });

  test("is a watermark that could not be put into the file", () => {
    const mark = { IgnoreError: "true", Message: "mark", State: "Failed", Type: "Text" };
    const job = jobWith("SuperResolution", { Output: OUTPUT, DigitalWatermark: mark });
    expect(readMedia(job)?.watermark).toEqual({ text: "mark", type: "Text", version: null, state: "Failed" });
  });

  test("is nothing where a job failed that was to put a watermark into a file", () => {
    const job = jobWith("DigitalWatermark", { DigitalWatermark: { Message: "mark" } }, { State: "Failed" });
    expect(readMedia(job)).toBeNull();
  });

  test.each([
    ["Text", { text: "Hello, 007!", url: null }],
    ["Url", { text: null, url: "Hello, 007!" }],
  ])("is what was spoken, as %s", (type, expected) => {
    const job = jobWith("Tts", { Output: OUTPUT, TtsConfig: { Input: "Hello, 007!", InputType: type } });
    expect(readMedia(job)?.spoken).toEqual(expected);
  });

  test("is nothing in a job of another family", () => {
    expect(readMedia(jobIn(xmlCallback(jobOf("WordsGeneralize"))))).toBeNull();
  });
});
