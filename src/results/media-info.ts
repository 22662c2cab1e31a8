/**
 * `MediaInfo`: what is in a media file, its container and its streams. Units by the provider's page on media
 * information (436/38935): seconds, bytes, kbit/s.
 */
import { countAt, greatestOf, nodeAt, nodesAt, numberAt, textAt } from "./nodes.ts";

export interface MediaFormat {
  /** Short names of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  name: string | null;
  longName: string | null;
  durationSeconds: number | null;
  startSeconds: number | null;
  sizeBytes: number | null;
  bitsPerSecond: number | null;
  streamCount: number | null;
  programCount: number | null;
}

/** What video and audio streams have in common. */
export interface MediaStream {
  index: number | null;
  /** Such as `h264` or `aac`. */
  codec: string | null;
  codecLongName: string | null;
  durationSeconds: number | null;
  startSeconds: number | null;
  bitsPerSecond: number | null;
  /** As sent, such as `eng`; `und` is "undetermined". */
  language: string | null;
}

export interface VideoStream extends MediaStream {
  profile: string | null;
  widthPixels: number | null;
  heightPixels: number | null;
  framesPerSecond: number | null;
  averageFramesPerSecond: number | null;
  frameCount: number | null;
  rotationDegrees: number | null;
  /** Such as `16:9`. */
  displayAspectRatio: string | null;
  pixelFormat: string | null;
  colorPrimaries: string | null;
  colorTransfer: string | null;
}

export interface AudioStream extends MediaStream {
  sampleRateHertz: number | null;
  sampleFormat: string | null;
  channelCount: number | null;
  /** Such as `stereo`. */
  channelLayout: string | null;
}

export interface SubtitleStream {
  index: number | null;
  language: string | null;
}

export interface MediaInfo {
  format: MediaFormat | null;
  video: VideoStream[];
  audio: AudioStream[];
  subtitles: SubtitleStream[];
}

/** Reads a `MediaInfo` node. Null if it says nothing: CI sends it with empty children for jobs that make pictures. */
export function readMediaInfo(info: unknown): MediaInfo | null {
  const format = nodeAt(info, "Format");
  const video = nodesAt(info, "Stream", "Video");
  const audio = nodesAt(info, "Stream", "Audio");
  const subtitles = nodesAt(info, "Stream", "Subtitle");
  if (format === null && video.length + audio.length + subtitles.length === 0) return null;
  const bits = bitsPerUnit(format, [...video, ...audio]);
  return {
    format: format === null ? null : readFormat(format, bits),
    video: video.map((stream) => readVideo(stream, bits)),
    audio: audio.map((stream) => readAudio(stream, bits)),
    subtitles: subtitles.map((stream) => ({ index: countAt(stream, "Index"), language: textAt(stream, "Language") })),
  };
}

/** How far a bitrate may be above the average of the file. A stream of another length than the file may exceed it. */
const BITRATE_SLACK = 10;

/**
 * How many bits a `Bitrate` of this file counts. The documentation says kbit/s, and so do most callbacks, but those of
 * `Transcode` send bit/s. 1,000 if size and duration are not known; 1 if with 1,000 the bitrate would be more than ten
 * times what the file can hold.
 */
function bitsPerUnit(format: object | null, streams: readonly object[]): 1 | 1000 {
  const size = numberAt(format, "Size");
  const duration = numberAt(format, "Duration");
  const told = numberAt(format, "Bitrate") ?? greatestOf(streams.map((stream) => numberAt(stream, "Bitrate") ?? 0));
  const average = size === null || duration === null ? 0 : (size * 8) / duration;
  return average > 0 && told * 1000 > BITRATE_SLACK * average ? 1 : 1000;
}

function bitrateOf(node: object, bits: number): number | null {
  const bitrate = numberAt(node, "Bitrate");
  return bitrate === null ? null : Math.round(bitrate * bits);
}

const readFormat = (format: object, bits: number): MediaFormat => ({
  name: textAt(format, "FormatName"),
  longName: textAt(format, "FormatLongName"),
  durationSeconds: numberAt(format, "Duration"),
  startSeconds: numberAt(format, "StartTime"),
  sizeBytes: countAt(format, "Size"),
  bitsPerSecond: bitrateOf(format, bits),
  streamCount: countAt(format, "NumStream"),
  programCount: countAt(format, "NumProgram"),
});

const readStream = (stream: object, bits: number): MediaStream => ({
  index: countAt(stream, "Index"),
  codec: textAt(stream, "CodecName"),
  codecLongName: textAt(stream, "CodecLongName"),
  durationSeconds: numberAt(stream, "Duration"),
  startSeconds: numberAt(stream, "StartTime"),
  bitsPerSecond: bitrateOf(stream, bits),
  language: textAt(stream, "Language"),
});

const readVideo = (stream: object, bits: number): VideoStream => ({
  ...readStream(stream, bits),
  profile: textAt(stream, "Profile"),
  widthPixels: countAt(stream, "Width"),
  heightPixels: countAt(stream, "Height"),
  framesPerSecond: rateAt(stream, "Fps"),
  averageFramesPerSecond: rateAt(stream, "AvgFps"),
  frameCount: countAt(stream, "NumFrames"),
  rotationDegrees: numberAt(stream, "Rotation"),
  displayAspectRatio: textAt(stream, "Dar"),
  pixelFormat: textAt(stream, "PixFormat"),
  colorPrimaries: textAt(stream, "ColorPrimaries"),
  colorTransfer: textAt(stream, "ColorTransfer"),
});

const readAudio = (stream: object, bits: number): AudioStream => ({
  ...readStream(stream, bits),
  sampleRateHertz: numberAt(stream, "SampleRate"),
  sampleFormat: textAt(stream, "SampleFmt"),
  channelCount: countAt(stream, "Channel"),
  channelLayout: textAt(stream, "ChannelLayout"),
});

/** Frames a second: a number, or a fraction such as `30000/1001`. */
function rateAt(stream: object, name: string): number | null {
  const [, above, below] = /^(\d+)\/([1-9]\d*)$/.exec(textAt(stream, name) ?? "") ?? [];
  return above === undefined ? numberAt(stream, name) : Number(above) / Number(below);
}
