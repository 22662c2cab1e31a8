/** The readers of results, and their types, for other programs to import. Pure. */
export type * from "./details.ts";
export * from "./document.ts";
export type { Family, KnownTag, TagOf } from "./families.ts";
export * from "./file.ts";
export type { AudioStream, MediaFormat, MediaInfo, MediaStream, SubtitleStream, VideoStream } from "./media-info.ts";
export * from "./media.ts";
export type { FoundObject, FoundText, LibraryHit, PixelBox, Scene, Verdict } from "./moderation-scenes.ts";
export * from "./moderation.ts";
export type { WithDetail } from "./nodes.ts";
export type { OutputFile } from "./output-files.ts";
export * from "./picture.ts";
export * from "./read-result.ts";
export * from "./run.ts";
export * from "./segmentation.ts";
export * from "./speech.ts";
export * from "./translation.ts";
export type {
  RelativeBox,
  Sighting,
  TaggedObject,
  TaggedPerson,
  TaggedPlace,
  TaggedSpan,
  VideoTag,
  VideoTags,
} from "./video-tags.ts";
