/**
 * Samples for dictionary 1, written after the documented shapes: each node once where that is enough, with values of
 * our own or values that every sender has (codecs, regions, states). Frozen: bodies are kept that only this dictionary
 * reads. Better samples are a dictionary of their own, with the next number.
 */
import type { Tree } from "../callbacks/tree.ts";

const TIME = "2026-07-30T10:26:45+0800";

const output = (object: string, more: Tree = {}): Tree => ({
  Bucket: "examplebucket-1250000000",
  ...more,
  Object: object,
  Region: "ap-chongqing",
});

const outputFile = (name: string, prefix = ""): Tree => ({
  Bucket: "examplebucket-1250000000",
  Md5Info: [{ Md5: "0", ObjectName: name }],
  ObjectName: [name],
  ObjectPrefix: prefix,
  Region: "ap-beijing",
});

/** The end of a workflow. */
const WORKFLOW: Tree = {
  WorkflowExecution: {
    WorkflowId: "w",
    WorkflowName: "workflow-1",
    RunId: "i",
    State: "Success",
    BucketId: "examplebucket-1250000000",
    CreateTime: "2026-07-30 10:26:45+0800",
    Tasks: [
      {
        Type: "Transcode",
        CreateTime: "2026-07-30 10:26:45+0800",
        StartTime: "2026-07-30 10:26:45+0800",
        EndTime: "2026-07-30 10:26:58+0800",
        State: "Success",
        JobId: "j",
        Name: "Transcode_1781000000000",
        TemplateId: "t",
        TemplateName: "h264_1280*720",
      },
    ],
  },
};

/** Settings and results, of which a callback has few. */
const OPERATIONS: readonly Tree[] = [
  {
    ImageInspect: { AutoProcess: "false", ProcessType: "" },
    ImageInspectResult: {
      State: "Success",
      Code: "Success",
      InspectResult: {
        PicSize: "1",
        PicType: "PNG",
        Suspicious: "true",
        SuspiciousBeginByte: "1",
        SuspiciousEndByte: "1",
        SuspiciousSize: "1",
        SuspiciousType: "MPEG-TS",
      },
    },
    FileHashCodeConfig: { AddToHeader: "true", Type: "MD5" },
    FileHashCodeResult: { Etag: '"', FileSize: "1", LastModified: "2026-", MD5: "1", SHA1: "1", SHA256: "1" },
    FileCompressConfig: { Flatten: "0", Format: "zip", Key: "1", Prefix: "", Type: "faster" },
    FileCompressResult: output("output/a.zip", { CompressFileCount: "1", ErrorCount: "0" }),
    FileUncompressConfig: { Prefix: "output/", PrefixReplaced: "1" },
    FileUncompressResult: { Bucket: "examplebucket-", FileCount: "1" },
    QualityEstimateConfig: { Mode: "Base", Rotate: "90" },
    QualityEstimate: {
      Score: "1.",
      VqaPlusResult: {
        NoAudio: "false",
        NoVideo: "false",
        DetailedResult: [{ Type: "Blur", Items: { Confidence: "9", StartTimeOffset: "0", EndTimeOffset: "1" } }],
      },
    },
    DocProcess: {
      Comments: "0",
      DocPassword: "",
      EndPage: "-1",
      ImageParams: "",
      PaperDirection: "0",
      PaperSize: "0",
      Quality: "100",
      SheetId: "0",
      SrcType: "docx",
      StartPage: "1",
      TgtType: "jpg",
      Zoom: "100",
    },
    DocProcessResult: {
      FailPageCount: "0",
      PageInfo: [{ PageNo: "1", TgtUri: "output/1.jpg", "X-SheetPics": "0" }],
      SuccPageCount: "1",
      TaskId: "",
      TgtType: "png",
      TotalPageCount: "1",
      TotalSheetCount: "0",
    },
  },
  {
    MediaInfo: {
      Format: { FormatLongName: "MP2/3 (MPEG audio layer 2/3)", FormatName: "mp3", NumProgram: "0", NumStream: "1" },
      Stream: {
        Audio: {
          CodecLongName: "MP3 (MPEG audio layer 3)",
          CodecName: "mp3",
          CodecTag: "0x0000",
          CodecTagString: "[0][0][0][0]",
          CodecTimeBase: "1/48000",
          SampleRate: "48000",
        },
        Video: {
          CodecLongName: "H.265 / HEVC (High Efficiency Video Coding)",
          CodecName: "hevc",
          CodecTag: "0x31637668",
          CodecTagString: "hvc1",
          ColorPrimaries: "bt470bg",
          ColorTransfer: "smpte170m",
          PixFormat: "yuv420p10le",
          Profile: "Main",
        },
      },
    },
    VideoTag: { Scenario: "Stream" },
    VideoTagResult: {
      StreamData: {
        Data: {
          ActionTags: [{ EndTime: "1", StartTime: "0", Tags: [{ Confidence: "0.9", Tag: "Speak", TagCls: "Speak" }] }],
          ObjectTags: [
            {
              Objects: [{ BBox: { X1: "0", X2: "1", Y1: "0", Y2: "1" }, Confidence: "0.8", Name: "person" }],
              TimeStamp: "1",
            },
          ],
          PersonTags: [{ Count: "1", DetailPerSecond: "1", Name: "" }],
          PlaceTags: [
            {
              ClipFrameResult: "Office: 0.9",
              EndIndex: "1",
              EndTime: "1",
              StartIndex: "0",
              StartTime: "0",
              Tags: [{ Confidence: "0.7", Tag: "Street", TagCls: "Nature/Outdoor" }],
            },
          ],
          Tags: [{ Confidence: "0.6", Tag: "Shop" }],
        },
        SubErrCode: "0",
        SubErrMsg: "ok",
      },
    },
    SpeechRecognitionResult: {
      AudioTime: "1",
      DetailObjectName: "output/a.txt.detail",
      FlashResult: "",
      ObjectName: "output/a.txt",
      Result: "[0:0.000,0:1.000]",
      ResultDetail: [
        {
          EndMs: "1",
          FinalSentence: "1",
          SliceSentence: "1",
          SpeakerId: "0",
          SpeechSpeed: "1",
          StartMs: "0",
          Words: [
            { OffsetEndMs: "1", OffsetStartMs: "0", VoiceType: "0", Word: "1" },
            { OffsetEndMs: "1", OffsetStartMs: "1", VoiceType: "1", Word: "1" },
          ],
          WordsNum: "2",
        },
      ],
    },
  },
  {
    Output: output("output/a.jpg"),
    PicProcessResult: {
      ObjectName: "output/a.jpg",
      OriginalInfo: {
        Etag: '"',
        ImageInfo: { Ave: "0x", Format: "JPEG", Height: "500", Orientation: "0", Quality: "90", Width: "500" },
      },
      ProcessResult: { Etag: "", Format: "JPEG", Height: "500", Quality: "90", Size: "9", Width: "500" },
    },
    SmartCover: { Count: "1", DeleteDuplicates: "false", Format: "jpg", Height: "960", Width: "1280" },
    Segment: { Duration: "5", Format: "mp4", HlsEncrypt: { IsHlsEncrypt: "false", UriKey: "" } },
    StreamExtract: [{ Index: "0", Output: "output/a-0.mp4" }],
    TtsConfig: { Input: "1", InputType: "Text" },
    Translation: { Lang: "zh", Type: "pdf", BasicType: "pdf" },
    SDRtoHDR: { HdrMode: "HDR10" },
    DigitalWatermark: { IgnoreError: "true", Message: "1", State: "Success", Type: "Text", Version: "V1" },
    ExtractDigitalWatermark: { Message: "1", Type: "Text", Version: "V1" },
    TemplateId: "t",
    TemplateName: "template_1",
    TranscodeTemplateId: "t",
    WatermarkTemplateId: ["t"],
  },
];

const SEGMENTATION: Tree = {
  JobsDetail: {
    Operation: {
      UserData: "",
      WordsGeneralize: { NerMethod: "NerBasic", SegMethod: "SegBasic" },
      WordsGeneralizeResult: {
        WordsGeneralizeLable: [{ Category: "地点", Word: "1" }],
        WordsGeneralizeToken: [
          { Length: "2", Offset: "0", Pos: "t", Word: "1" },
          { Length: "1", Offset: "2", Pos: "nx", Word: "1" },
          { Length: "1", Offset: "3", Pos: "v", Word: "1" },
        ],
      },
    },
    Tag: "WordsGeneralize",
  },
};

const AUDIO: Tree = {
  Bitrate: "128.",
  Channel: "2",
  ChannelLayout: "stereo",
  CodecLongName: "AAC (Advanced Audio Coding)",
  CodecName: "aac",
  CodecTag: "0x6134706d",
  CodecTagString: "mp4a",
  CodecTimeBase: "1/44100",
  Duration: "1",
  Index: "1",
  Language: "und",
  SampleFmt: "fltp",
  SampleRate: "44100",
  StartTime: "0.000000",
  Timebase: "1/44100",
};

const VIDEO: Tree = {
  AvgFps: "25/1",
  Bitrate: "1",
  CodecLongName: "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10",
  CodecName: "h264",
  CodecTag: "0x31637661",
  CodecTagString: "avc1",
  CodecTimeBase: "1/12800",
  ColorPrimaries: "bt709",
  ColorRange: "tv",
  ColorTransfer: "bt709",
  Dar: "16:9",
  Duration: "1",
  FieldOrder: "progressive",
  Fps: "25",
  HasBFrame: "2",
  Height: "720",
  Index: "0",
  Language: "und",
  Level: "31",
  NumFrames: "1",
  PixFormat: "yuv420p",
  Profile: "High",
  RefFrames: "1",
  Rotation: "0",
  Sar: "1:1",
  StartTime: "0.000000",
  Timebase: "1/12800",
  Width: "1280",
};

/** A whole callback of a media job that a workflow started. */
const MEDIA_JOB: Tree = {
  EventName: "TaskFinish",
  JobsDetail: {
    Code: "Success",
    CreationTime: TIME,
    EndTime: TIME,
    Input: {
      BucketId: "examplebucket-1250000000",
      CosHeaders: [
        { Key: "Content-Type", Value: "video/mp4" },
        { Key: "x-cos-request-id", Value: "Nj" },
        { Key: "EventName", Value: "cos:ObjectCreated:Put" },
        { Key: "Size", Value: "1" },
      ],
      Object: "input/video.mp4",
      Region: "ap-chongqing",
    },
    JobId: "j",
    Message: "success",
    Operation: {
      JobLevel: "0",
      MediaInfo: {
        Format: {
          Bitrate: "1",
          Duration: "1",
          FormatLongName: "QuickTime / MOV",
          FormatName: "mov,mp4,m4a,3gp,3g2,mj2",
          NumProgram: "0",
          NumStream: "2",
          Size: "1",
          StartTime: "0.000000",
        },
        Stream: { Audio: AUDIO, Subtitle: "", Video: VIDEO },
      },
      MediaResult: { OutputFile: outputFile("output/a.mp4") },
      Output: output("output/a.mp4"),
      Progress: "100",
      TemplateId: "t",
      TemplateName: "template_1",
      UserData: "",
    },
    QueueId: "p",
    StartTime: TIME,
    State: "Success",
    Tag: "Transcode",
    Workflow: { Name: "Transcode_1781000000000", RunId: "i", WorkflowId: "w", WorkflowName: "workflow-1" },
  },
};

/** In this order: the nearer a node is to the end, the shorter is a reference to it. */
export const SAMPLES: readonly Tree[] = [
  WORKFLOW,
  ...OPERATIONS.map((operation): Tree => ({ JobsDetail: { Operation: operation } })),
  SEGMENTATION,
  MEDIA_JOB,
];
