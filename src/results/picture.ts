/** What a picture job made, or what an inspection found hidden in a picture (436/75071). */
import { booleanAt, countAt, nodeAt, textAt, type WithDetail } from "./nodes.ts";
import { type OutputFile, readNamedFiles } from "./output-files.ts";

/** A picture. What CI does not say about it is null. */
export interface Picture {
  /** Such as `JPEG`. */
  format: string | null;
  widthPixels: number | null;
  heightPixels: number | null;
  sizeBytes: number | null;
  /** 0 to 100. */
  quality: number | null;
  /** EXIF orientation, 1 to 8; 0 if the picture has none. */
  orientation: number | null;
  /** `#c64847`. */
  averageColor: string | null;
  /** Without the quotes around it. */
  etag: string | null;
}

/** A file hidden in a picture. Its first and last byte, both included, counted from 0. */
export interface HiddenFile {
  /** Such as `MPEG-TS`. */
  type: string | null;
  firstByte: number | null;
  lastByte: number | null;
  sizeBytes: number | null;
}

export interface Inspection {
  format: string | null;
  sizeBytes: number | null;
  /** Whether something is hidden in it. */
  isSuspicious: boolean | null;
  hidden: HiddenFile | null;
}

export interface PictureResult {
  files: OutputFile[];
  original: Picture | null;
  processed: Picture | null;
  /** Of `ImageInspect` jobs. */
  inspection: Inspection | null;
}

/**
 * Reads the result of a picture job; null if there is none: it failed or is not over, or its bytes are no longer kept.
 * @example readPicture(job)?.processed // { format: "JPEG", widthPixels: 417, heightPixels: 500, sizeBytes: 24911, … }
 */
export function readPicture({ detail }: WithDetail): PictureResult | null {
  const result = nodeAt(detail, "Operation", "PicProcessResult");
  const inspected = nodeAt(detail, "Operation", "ImageInspectResult");
  if (result === null && inspected === null) return null;
  return {
    files: result === null ? [] : readNamedFiles(detail, result, "ObjectName"),
    original: readOriginal(nodeAt(result, "OriginalInfo")),
    processed: readPictureInfo(nodeAt(result, "ProcessResult")),
    inspection: readInspection(nodeAt(inspected, "InspectResult") ?? inspected),
  };
}

/** The original's ETag is beside the other nodes. */
function readOriginal(original: object | null): Picture | null {
  const picture = readPictureInfo(nodeAt(original, "ImageInfo"));
  return picture === null ? null : { ...picture, etag: etagAt(original) };
}

function readPictureInfo(info: object | null): Picture | null {
  if (info === null) return null;
  return {
    format: textAt(info, "Format"),
    widthPixels: countAt(info, "Width"),
    heightPixels: countAt(info, "Height"),
    sizeBytes: countAt(info, "Size"),
    quality: countAt(info, "Quality"),
    orientation: countAt(info, "Orientation"),
    averageColor: colorAt(info, "Ave"),
    etag: etagAt(info),
  };
}

function readInspection(node: object | null): Inspection | null {
  if (node === null) return null;
  const hidden: HiddenFile = {
    type: textAt(node, "SuspiciousType"),
    firstByte: countAt(node, "SuspiciousBeginByte"),
    lastByte: countAt(node, "SuspiciousEndByte"),
    sizeBytes: countAt(node, "SuspiciousSize"),
  };
  const isSuspicious = booleanAt(node, "Suspicious");
  return {
    format: textAt(node, "PicType"),
    sizeBytes: countAt(node, "PicSize"),
    isSuspicious,
    hidden: isSuspicious === true ? hidden : null,
  };
}

const etagAt = (node: object | null): string | null => textAt(node, "Etag")?.replace(/^"(.*)"$/, "$1") ?? null;

function colorAt(node: object, name: string): string | null {
  const [, digits] = /^0x([0-9a-f]{6})$/i.exec(textAt(node, name) ?? "") ?? [];
  return digits === undefined ? null : `#${digits.toLowerCase()}`;
}
