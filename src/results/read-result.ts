/** The result of a job of any documented type, told apart by its family. */
import { type DocumentResult, readDocument } from "./document.ts";
import { type Family, FAMILY_OF_TAG, isKnownTag } from "./families.ts";
import { type FileResult, readFile } from "./file.ts";
import { type MediaResult, readMedia } from "./media.ts";
import { type ModerationResult, readModeration } from "./moderation.ts";
import type { WithDetail } from "./nodes.ts";
import { type PictureResult, readPicture } from "./picture.ts";
import { readSegmentation, type Segmentation } from "./segmentation.ts";
import { readSpeech, type Speech } from "./speech.ts";
import { readTranslation, type TranslationResult } from "./translation.ts";

/** What each family's reader gives. */
export interface ResultOfFamily {
  segmentation: Segmentation;
  speech: Speech;
  translation: TranslationResult;
  media: MediaResult;
  picture: PictureResult;
  document: DocumentResult;
  file: FileResult;
  moderation: ModerationResult;
}

/** A result with its family: `{ family: "media", result: MediaResult }` and so on. */
export type JobResult = { [F in Family]: { family: F; result: ResultOfFamily[F] } }[Family];

/** A job as look-ups answer it, or as `parseCallback` reads it. */
export interface ReadableJob extends WithDetail {
  tag: string | null;
  /** `EventName`, such as `TaskFinish` or `ReviewImage`. */
  event: string | null;
}

/**
 * The family of a job; null for a type that the provider does not document. Moderation has no tag and is told by its
 * event. In CI's answers to questions it has no event either, and is told by its verdict.
 */
export function familyOf(job: ReadableJob): Family | null {
  const { tag, event } = job;
  if (isKnownTag(tag)) return FAMILY_OF_TAG[tag];
  if (tag !== null) return null;
  const isModeration = event === null ? readModeration(job) !== null : /^Review[A-Z]/.test(event);
  return isModeration ? "moderation" : null;
}

/**
 * Reads the result of a job, whatever its type. Null if there is none: the job failed or is not over, the provider does
 * not document its type, or its bytes are no longer kept.
 * @example
 * const read = readResult(job);
 * if (read?.family === "moderation") console.log(read.result.verdict);
 */
export function readResult(job: ReadableJob): JobResult | null {
  const family = familyOf(job);
  switch (family) {
    case "segmentation":
      return withFamily(family, readSegmentation(job));
    case "speech":
      return withFamily(family, readSpeech(job));
    case "translation":
      return withFamily(family, readTranslation(job));
    case "media":
      return withFamily(family, readMedia(job));
    case "picture":
      return withFamily(family, readPicture(job));
    case "document":
      return withFamily(family, readDocument(job));
    case "file":
      return withFamily(family, readFile(job));
    case "moderation":
      return withFamily(family, readModeration(job));
    case null:
      return null;
  }
}

const withFamily = <F extends Family>(family: F, result: ResultOfFamily[F] | null) =>
  result === null ? null : { family, result };
