/** Parts that the media job types share: what CI says about a file's streams, and about the files it wrote. */
import type { Random } from "./random.ts";
import type { Tree } from "./tree.ts";

/** Where a job's files are. */
export interface Place {
  bucket: string;
  region: string;
}

export const output = ({ bucket, region }: Place, object: string, more: Tree = {}): Tree => ({
  Bucket: bucket,
  Object: object,
  Region: region,
  ...more,
});

/**
 * The files a job wrote, with their digests. `prefix` is the beginning of their names, if they are listed without it.
 */
export function mediaResult(random: Random, { bucket, region }: Place, objects: readonly string[], prefix = ""): Tree {
  return {
    OutputFile: {
      Bucket: bucket,
      Md5Info: objects.map((object) => ({ Md5: random.hex(32), ObjectName: prefix + object })),
      ObjectName: objects,
      ObjectPrefix: prefix,
      Region: region,
    },
  };
}

/** Node `MediaInfo` of a file: its container and its streams. */
export function mediaInfo(random: Random, streams: { video?: VideoCodec; audio?: AudioCodec; seconds?: number }): Tree {
  const seconds = streams.seconds ?? random.whole(20, 6000) / 10;
  const bitrate = random.whole(200_000, 9_000_000) / 1000;
  const { video, audio } = streams;
  return {
    Format: {
      Bitrate: bitrate.toFixed(6),
      Duration: seconds.toFixed(6),
      ...(video === undefined ? AUDIO_CONTAINER : VIDEO_CONTAINERS[video]),
      NumProgram: "0",
      NumStream: String(Number(video !== undefined) + Number(audio !== undefined)),
      Size: String(Math.round((bitrate * 1000 * seconds) / 8)),
      StartTime: "0.000000",
    },
    Stream: {
      Audio: audio === undefined ? "" : audioStream(random, audio, seconds, video === undefined ? 0 : 1),
      Subtitle: "",
      Video: video === undefined ? "" : videoStream(random, video, seconds, bitrate),
    },
  };
}

const MP4 = { FormatLongName: "QuickTime / MOV", FormatName: "mov,mp4,m4a,3gp,3g2,mj2" };
const VIDEO_CONTAINERS = {
  h264: MP4,
  hevc: MP4,
  gif: { FormatLongName: "CompuServe Graphics Interchange Format (GIF)", FormatName: "gif" },
};
const AUDIO_CONTAINER = { FormatLongName: "MP2/3 (MPEG audio layer 2/3)", FormatName: "mp3" };

const VIDEO_CODECS = {
  h264: {
    CodecLongName: "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10",
    CodecTag: "0x31637661",
    CodecTagString: "avc1",
    PixFormat: "yuv420p",
    Profile: "High",
  },
  hevc: {
    CodecLongName: "H.265 / HEVC (High Efficiency Video Coding)",
    CodecTag: "0x31637668",
    CodecTagString: "hvc1",
    PixFormat: "yuv420p10le",
    Profile: "Main 10",
  },
  gif: {
    CodecLongName: "CompuServe GIF (Graphics Interchange Format)",
    CodecTag: "0x0000",
    CodecTagString: "[0][0][0][0]",
    PixFormat: "bgra",
    Profile: undefined,
  },
};
export type VideoCodec = keyof typeof VIDEO_CODECS;

const AUDIO_CODECS = {
  aac: { CodecLongName: "AAC (Advanced Audio Coding)", CodecTag: "0x6134706d", CodecTagString: "mp4a" },
  mp3: { CodecLongName: "MP3 (MPEG audio layer 3)", CodecTag: "0x0000", CodecTagString: "[0][0][0][0]" },
};
export type AudioCodec = keyof typeof AUDIO_CODECS;

const SIZES = [
  { Width: "1280", Height: "720" },
  { Width: "1920", Height: "1080" },
  { Width: "720", Height: "1280" },
  { Width: "640", Height: "360" },
];

function videoStream(random: Random, codec: VideoCodec, seconds: number, bitrate: number): Tree {
  const { Width, Height } = random.pick(SIZES);
  const fps = random.pick([15, 24, 25, 30, 60]);
  return {
    AvgFps: fps.toFixed(6),
    Bitrate: (bitrate * 0.9).toFixed(6),
    CodecName: codec,
    CodecTimeBase: "1/12800",
    ColorPrimaries: codec === "hevc" ? "bt2020" : "unknown",
    ColorRange: "tv",
    ColorTransfer: codec === "hevc" ? "smpte2084" : "unknown",
    Duration: seconds.toFixed(6),
    Fps: fps.toFixed(6),
    HasBFrame: random.pick(["0", "2"]),
    Height,
    Index: "0",
    Language: "und",
    Level: random.pick(["32", "40", "93", "-99"]),
    NumFrames: String(Math.round(fps * seconds)),
    RefFrames: "1",
    Rotation: "0.000000",
    StartTime: "0.000000",
    Timebase: "1/12800",
    Width,
    ...VIDEO_CODECS[codec],
  };
}

function audioStream(random: Random, codec: AudioCodec, seconds: number, index: number): Tree {
  const rate = random.pick(["44100", "48000"]);
  return {
    Bitrate: (random.whole(32_000, 256_000) / 1000).toFixed(6),
    Channel: "2",
    ChannelLayout: "stereo",
    CodecName: codec,
    CodecTimeBase: `1/${rate}`,
    Duration: seconds.toFixed(6),
    Index: String(index),
    Language: "und",
    SampleFmt: "fltp",
    SampleRate: rate,
    StartTime: "0.000000",
    Timebase: `1/${rate}`,
    ...AUDIO_CODECS[codec],
  };
}
