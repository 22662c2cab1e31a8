/**
 * The `JobsDetail` of each documented job type, in the provider's own node names. Every leaf is text as sent. Any node
 * may be absent. An empty one is `""`, and one that occurs more than once is a list. There may be other nodes that the
 * provider does not document.
 */
import type { ContentNode } from "../callback/types.ts";
import type { KnownTag } from "./families.ts";
import type { SegmentationDetail } from "./segmentation.ts";

/** A node that may be absent or empty. */
type Node<T> = T | "";
/** A node that may occur more than once. */
type Nodes<T> = Node<T> | Node<T>[];
/** A leaf that may occur more than once. */
type Leaves = string | string[];

/** Leaves with the given names, each of which may be absent. */
type LeavesNamed<Name extends string> = { [N in Name]?: string };

export interface CosHeader {
  Key: string;
  Value: string;
}

/** What every job has, whatever its type. `Operation` is absent if only a `WorkflowFinish` has told of the job. */
export interface JobsDetail<Operation> extends LeavesNamed<
  "JobId" | "Tag" | "State" | "Code" | "Message" | "CreationTime" | "StartTime" | "EndTime" | "QueueId" | "Progress"
> {
  Input?: Node<LeavesNamed<"Object" | "BucketId" | "Region"> & { CosHeaders?: CosHeader[] }>;
  Workflow?: Node<LeavesNamed<"RunId" | "WorkflowId" | "WorkflowName" | "Name">>;
  Operation?: Node<Operation & OperationCommon>;
}

export interface OperationCommon extends LeavesNamed<"UserData" | "JobLevel" | "TemplateId" | "TemplateName"> {
  /** Where the job had to write. */
  Output?: Nodes<OutputNode>;
}

export interface OutputNode extends LeavesNamed<"Bucket" | "Region" | "Object" | "AuObject" | "SpriteObject"> {
  StreamExtract?: Nodes<LeavesNamed<"Index" | "Output">>;
}

export interface OutputFileNode extends LeavesNamed<"Bucket" | "Region" | "ObjectPrefix"> {
  ObjectName?: Leaves;
  Md5Info?: Nodes<LeavesNamed<"ObjectName" | "Md5">>;
  SpriteOutputFile?: Nodes<OutputFileNode>;
}

type StreamLeaf =
  | "Index"
  | "CodecName"
  | "CodecLongName"
  | "CodecTimeBase"
  | "CodecTag"
  | "CodecTagString"
  | "Timebase"
  | "StartTime"
  | "Duration"
  | "Bitrate"
  | "Language";

type VideoLeaf =
  | "Profile"
  | "Height"
  | "Width"
  | "HasBFrame"
  | "RefFrames"
  | "Sar"
  | "Dar"
  | "PixFormat"
  | "FieldOrder"
  | "Level"
  | "Fps"
  | "AvgFps"
  | "NumFrames"
  | "Rotation"
  | "ColorPrimaries"
  | "ColorRange"
  | "ColorTransfer";

type FormatLeaf =
  | "FormatName"
  | "FormatLongName"
  | "NumStream"
  | "NumProgram"
  | "StartTime"
  | "Duration"
  | "Bitrate"
  | "Size";

export interface MediaInfoNode {
  Format?: Node<LeavesNamed<FormatLeaf>>;
  Stream?: Node<{
    Video?: Nodes<LeavesNamed<StreamLeaf | VideoLeaf>>;
    Audio?: Nodes<LeavesNamed<StreamLeaf | "SampleFmt" | "SampleRate" | "Channel" | "ChannelLayout">>;
    Subtitle?: Nodes<LeavesNamed<"Index" | "Language">>;
  }>;
}

export interface MediaOperation {
  MediaInfo?: Node<MediaInfoNode>;
  MediaResult?: Node<{ OutputFile?: Nodes<OutputFileNode> }>;
  DigitalWatermark?: Node<LeavesNamed<"Message" | "Type" | "Version" | "IgnoreError" | "State">>;
  WatermarkTemplateId?: Leaves;
  TranscodeTemplateId?: string;
}

type TagNode = LeavesNamed<"Tag" | "TagCls" | "Confidence">;
type BoxNode = Node<LeavesNamed<"X1" | "Y1" | "X2" | "Y2">>;

export interface VideoTagNode extends LeavesNamed<"SubErrCode" | "SubErrMsg"> {
  Data?: Node<{
    Tags?: Nodes<TagNode>;
    PersonTags?: Nodes<
      LeavesNamed<"Name" | "Confidence" | "Count"> & {
        DetailPerSecond?: Nodes<LeavesNamed<"TimeStamp" | "Confidence"> & { BBox?: BoxNode }>;
      }
    >;
    PlaceTags?: Nodes<
      LeavesNamed<"StartTime" | "EndTime" | "StartIndex" | "EndIndex"> & {
        ClipFrameResult?: Leaves;
        Tags?: Nodes<TagNode>;
      }
    >;
    ActionTags?: Nodes<LeavesNamed<"StartTime" | "EndTime"> & { Tags?: Nodes<TagNode> }>;
    ObjectTags?: Nodes<
      LeavesNamed<"TimeStamp"> & { Objects?: Nodes<LeavesNamed<"Name" | "Confidence"> & { BBox?: BoxNode }> }
    >;
  }>;
}

export interface SpeechOperation {
  SpeechRecognition?: Node<ContentNode>;
  SpeechRecognitionResult?: Node<
    LeavesNamed<"AudioTime" | "Result" | "ObjectName" | "DetailObjectName"> & {
      ResultDetail?: Nodes<
        LeavesNamed<
          "FinalSentence" | "SliceSentence" | "StartMs" | "EndMs" | "WordsNum" | "SpeechSpeed" | "SpeakerId"
        > & { Words?: Nodes<LeavesNamed<"Word" | "OffsetStartMs" | "OffsetEndMs" | "VoiceType">> }
      >;
      FlashResult?: Nodes<
        LeavesNamed<"channel_id" | "text"> & {
          sentence_list?: Nodes<
            LeavesNamed<"text" | "start_time" | "end_time" | "speaker_id"> & {
              word_list?: Nodes<LeavesNamed<"word" | "start_time" | "end_time">>;
            }
          >;
        }
      >;
    }
  >;
}

export interface TranslationOperation {
  Translation?: Node<LeavesNamed<"Lang" | "Type">>;
  AITranslateResult?: Node<LeavesNamed<"Result">>;
}

export interface PicProcessOperation {
  PicProcess?: Node<ContentNode>;
  PicProcessResult?: Node<
    LeavesNamed<"ObjectName"> & {
      OriginalInfo?: Node<
        LeavesNamed<"Etag"> & {
          ImageInfo?: Node<LeavesNamed<"Ave" | "Format" | "Height" | "Orientation" | "Quality" | "Width">>;
        }
      >;
      ProcessResult?: Node<LeavesNamed<"Etag" | "Format" | "Height" | "Quality" | "Size" | "Width">>;
    }
  >;
}

type InspectLeaf =
  | "PicSize"
  | "PicType"
  | "Suspicious"
  | "SuspiciousBeginByte"
  | "SuspiciousEndByte"
  | "SuspiciousSize"
  | "SuspiciousType";

export interface ImageInspectOperation {
  ImageInspect?: Node<ContentNode>;
  /** The findings are here, or in an `InspectResult` inside. */
  ImageInspectResult?: Node<
    LeavesNamed<InspectLeaf | "State" | "Code" | "Message"> & { InspectResult?: Node<LeavesNamed<InspectLeaf>> }
  >;
}

export interface DocProcessOperation {
  DocProcess?: Node<ContentNode>;
  DocProcessResult?: Node<
    LeavesNamed<"FailPageCount" | "SuccPageCount" | "TotalPageCount" | "TotalSheetCount" | "TaskId" | "TgtType"> & {
      PageInfo?: Nodes<LeavesNamed<"PageNo" | "PicIndex" | "PicNum" | "TgtUri" | "X-SheetPics">>;
    }
  >;
}

/** What each job type has in its `Operation`, besides what all have. Segmentations have a type of their own. */
interface Operations {
  SpeechRecognition: SpeechOperation;
  Translation: TranslationOperation;
  Transcode: MediaOperation & { Transcode?: Node<ContentNode> };
  Animation: MediaOperation & { Animation?: Node<ContentNode> };
  Snapshot: MediaOperation & { Snapshot?: Node<ContentNode> };
  SmartCover: MediaOperation & { SmartCover?: Node<ContentNode> };
  Concat: MediaOperation & { ConcatTemplate?: Node<ContentNode> };
  VoiceSeparate: MediaOperation & { VoiceSeparate?: Node<ContentNode> };
  VideoMontage: MediaOperation & { VideoMontage?: Node<ContentNode> };
  SDRtoHDR: MediaOperation & { SDRtoHDR?: Node<LeavesNamed<"HdrMode">> };
  VideoProcess: MediaOperation & { VideoProcess?: Node<ContentNode> };
  SuperResolution: MediaOperation & { SuperResolution?: Node<ContentNode> };
  Segment: MediaOperation & { Segment?: Node<ContentNode> };
  DigitalWatermark: MediaOperation;
  ExtractDigitalWatermark: { ExtractDigitalWatermark?: Node<LeavesNamed<"Message" | "Type" | "Version">> };
  VideoTag: { VideoTag?: Node<LeavesNamed<"Scenario">>; VideoTagResult?: Node<{ StreamData?: Node<VideoTagNode> }> };
  MediaInfo: Pick<MediaOperation, "MediaInfo">;
  StreamExtract: MediaOperation;
  QualityEstimate: Pick<MediaOperation, "MediaInfo"> & {
    QualityEstimate?: Node<LeavesNamed<"Score"> & { VqaPlusResult?: Node<ContentNode> }>;
  };
  Tts: MediaOperation & { TtsTpl?: Node<ContentNode>; TtsConfig?: Node<LeavesNamed<"Input" | "InputType">> };
  NoiseReduction: Pick<MediaOperation, "MediaInfo" | "MediaResult">;
  PicProcess: PicProcessOperation;
  ImageInspect: ImageInspectOperation;
  DocProcess: DocProcessOperation;
  FileHashCode: {
    FileHashCodeConfig?: Node<LeavesNamed<"Type" | "AddToHeader">>;
    FileHashCodeResult?: Node<LeavesNamed<"MD5" | "SHA1" | "SHA256" | "FileSize" | "LastModified" | "Etag">>;
  };
  FileCompress: {
    FileCompressConfig?: Node<ContentNode>;
    FileCompressResult?: Node<LeavesNamed<"Bucket" | "Region" | "Object" | "CompressFileCount">>;
  };
  FileUncompress: {
    FileUncompressConfig?: Node<LeavesNamed<"Prefix" | "PrefixReplaced">>;
    FileUncompressResult?: Node<LeavesNamed<"Bucket" | "Region" | "FileCount">>;
  };
}

/**
 * The `detail` of a job by its tag.
 * @example type TranscodeDetail = DetailOf<"Transcode">;
 */
export type DetailOf<T extends KnownTag> = T extends "WordsGeneralize"
  ? SegmentationDetail
  : JobsDetail<Operations[Exclude<T, "WordsGeneralize">]>;
