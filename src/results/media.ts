/**
 * What a media job made and found: transcoding and all that makes a file out of a file, snapshots, media
 * information, quality scores, video tags and watermarks.
 */
import { type MediaInfo, readMediaInfo } from "./media-info.ts";
import {
  booleanAt,
  countAt,
  hasSucceeded,
  nodeAt,
  nodesAt,
  numberAt,
  scoreAt,
  scoreOutOf,
  textAt,
  type WithDetail,
} from "./nodes.ts";
import { type OutputFile, readOutputFiles, readSpriteFiles } from "./output-files.ts";
import { readVideoTags, type VideoTags } from "./video-tags.ts";

export interface MediaFile extends OutputFile {
  /** What a voice separation put into it; null in other jobs. */
  part: "voice" | "background" | null;
  /** The stream that a stream extraction put into it, from 0; null in other jobs. */
  streamIndex: number | null;
}

/** A watermark that was put into a file, or found in it. */
export interface Watermark {
  text: string | null;
  type: string | null;
  version: string | null;
  /** The outcome of putting it there, such as `Failed` in a job that succeeded without it; null if CI does not say. */
  state: string | null;
}

/** Something wrong with a video, as `vqaPlus` finds it. */
export interface QualityDefect {
  /** Such as `Blur`; open. */
  type: string | null;
  score: number | null;
  startSeconds: number | null;
  endSeconds: number | null;
}

export interface Quality {
  /** 0 to 100; CI sends 0 to 10, and calls 6 good. */
  score: number | null;
  hasAudio: boolean | null;
  hasVideo: boolean | null;
  defects: QualityDefect[];
}

/** What a speech synthesis spoke: the text itself, or the URL of it. */
export interface Spoken {
  text: string | null;
  url: string | null;
}

export interface MediaResult {
  /** What the job made, in the order sent. */
  files: MediaFile[];
  /** Sheets of small pictures that a snapshot job made as well. */
  sprites: OutputFile[];
  /** What is in the file made, or in the input of a `MediaInfo` job. */
  info: MediaInfo | null;
  quality: Quality | null;
  tags: VideoTags | null;
  watermark: Watermark | null;
  spoken: Spoken | null;
}

/**
 * Reads the result of a media job with any media tag. What a job of its tag does not have is null or empty. Null if
 * there is no result: the job failed or is not over, or its bytes are no longer kept.
 * @example readMedia(job)?.info?.format?.durationSeconds // 13.654
 */
export function readMedia({ detail }: WithDetail): MediaResult | null {
  const operation = nodeAt(detail, "Operation");
  const result: MediaResult = {
    files: readFiles(detail),
    sprites: readSpriteFiles(detail),
    info: readMediaInfo(nodeAt(operation, "MediaInfo")),
    quality: readQuality(nodeAt(operation, "QualityEstimate")),
    tags: readVideoTags(nodeAt(operation, "VideoTagResult")),
    watermark: readWatermark(operation),
    spoken: readSpoken(nodeAt(operation, "TtsConfig")),
  };
  const { files, sprites, info, quality, tags, watermark } = result;
  const isTold = files.length + sprites.length > 0 || info !== null || quality !== null || tags !== null;
  // A watermark by itself is a result only if the job succeeded. Before that it is what was asked for.
  return isTold || (watermark !== null && hasSucceeded(detail)) ? result : null;
}

function readFiles(detail: object | null): MediaFile[] {
  const output = nodeAt(detail, "Operation", "Output");
  const parts = new Map([
    [textAt(output, "Object"), "background"],
    [textAt(output, "AuObject"), "voice"],
  ] as const);
  const isSeparated = textAt(output, "AuObject") !== null;
  const streams = new Map(
    nodesAt(output, "StreamExtract").map((stream) => [textAt(stream, "Output"), countAt(stream, "Index")]),
  );
  return readOutputFiles(detail).map((file) => ({
    ...file,
    part: (isSeparated && parts.get(file.object)) || null,
    streamIndex: streams.get(file.object) ?? null,
  }));
}

function readQuality(node: object | null): Quality | null {
  if (node === null) return null;
  const more = nodeAt(node, "VqaPlusResult");
  return {
    score: scoreOutOf(10, node, "Score"),
    hasAudio: not(booleanAt(more, "NoAudio")),
    hasVideo: not(booleanAt(more, "NoVideo")),
    defects: nodesAt(more, "DetailedResult").flatMap((result) =>
      nodesAt(result, "Items").map((item) => ({
        type: textAt(result, "Type"),
        score: scoreAt(item, "Confidence"),
        startSeconds: numberAt(item, "StartTimeOffset"),
        endSeconds: numberAt(item, "EndTimeOffset"),
      })),
    ),
  };
}

const not = (value: boolean | null): boolean | null => (value === null ? null : !value);

/** The watermark that was extracted, or the one that was put in. */
function readWatermark(operation: object | null): Watermark | null {
  const node = nodeAt(operation, "ExtractDigitalWatermark") ?? nodeAt(operation, "DigitalWatermark");
  if (node === null) return null;
  return {
    text: textAt(node, "Message"),
    type: textAt(node, "Type"),
    version: textAt(node, "Version"),
    state: textAt(node, "State"),
  };
}

function readSpoken(config: object | null): Spoken | null {
  const input = textAt(config, "Input");
  if (input === null) return null;
  return textAt(config, "InputType") === "Url" ? { text: null, url: input } : { text: input, url: null };
}
