/** The job types that the provider documents, by the family that their results belong to. */

export type Family =
  | "segmentation"
  | "speech"
  | "translation"
  | "media"
  | "picture"
  | "document"
  | "file"
  | "moderation";

/** The `Tag` of each documented job type. Moderation has no tag and is told by its event. */
export const FAMILY_OF_TAG = {
  WordsGeneralize: "segmentation",
  SpeechRecognition: "speech",
  Translation: "translation",
  Transcode: "media",
  Animation: "media",
  Snapshot: "media",
  SmartCover: "media",
  Concat: "media",
  VoiceSeparate: "media",
  VideoMontage: "media",
  SDRtoHDR: "media",
  VideoProcess: "media",
  SuperResolution: "media",
  Segment: "media",
  DigitalWatermark: "media",
  ExtractDigitalWatermark: "media",
  VideoTag: "media",
  MediaInfo: "media",
  StreamExtract: "media",
  QualityEstimate: "media",
  Tts: "media",
  NoiseReduction: "media",
  PicProcess: "picture",
  ImageInspect: "picture",
  DocProcess: "document",
  FileHashCode: "file",
  FileCompress: "file",
  FileUncompress: "file",
} as const satisfies Readonly<Record<string, Family>>;

/** A documented `Tag`. */
export type KnownTag = keyof typeof FAMILY_OF_TAG;

/** The tags of a family. */
export type TagOf<F extends Family> = {
  [T in KnownTag]: (typeof FAMILY_OF_TAG)[T] extends F ? T : never;
}[KnownTag];

export const isKnownTag = (tag: string | null): tag is KnownTag => tag !== null && Object.hasOwn(FAMILY_OF_TAG, tag);
