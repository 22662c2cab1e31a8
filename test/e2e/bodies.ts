/** Callbacks as CI posts them, written for these tests. */
import { printTask, printWorkflow, tokensOf } from "../../tools/callbacks/told.ts";

const WORDS = [
  ["今天", "t"],
  ["李明", "nr"],
  ["在", "p"],
  ["北京", "ns"],
  ["打车", "v"],
  ["，", "w"],
  ["花", "v"],
  ["了", "u"],
  ["60", "nx"],
  ["元", "q"],
  ["。", "w"],
] as const;

/** A segmentation in JSON; its text may be repeated. */
export const segmentation = (jobId: string, object = "articles/meeting.txt", repeated = 1): string =>
  printTask("json", {
    JobId: jobId,
    Tag: "WordsGeneralize",
    State: "Success",
    Code: "Success",
    Message: "Success",
    CreationTime: "2026-03-01T10:00:00+0800",
    StartTime: "2026-03-01T10:00:02+0800",
    EndTime: "2026-03-01T10:00:06+0800",
    Input: { BucketId: "articles-1250000000", Region: "ap-chongqing", Object: object },
    Operation: {
      WordsGeneralize: { NerMethod: "DL", SegMethod: "MIX" },
      WordsGeneralizeResult: {
        WordsGeneralizeLable: [
          { Category: "人名", Word: "李明" },
          { Category: "地点", Word: "北京" },
        ],
        WordsGeneralizeToken: tokensOf(Array.from({ length: repeated }, () => WORDS).flat()),
      },
    },
  });

export const transcode = (jobId: string, state: string, end: string): string =>
  printTask("xml", {
    Code: "Success",
    JobId: jobId,
    State: state,
    Tag: "Transcode",
    CreationTime: "2026-03-01T10:00:00+0800",
    StartTime: "2026-03-01T10:00:01+0800",
    EndTime: end,
    Input: { BucketId: "media-1250000000", Region: "ap-chongqing", Object: "lecture.mp4" },
    Operation: {
      Transcode: { Container: { Format: "mp4" } },
      Output: { Object: "http://media.example/out.mp4" },
    },
  });

export const failed = (jobId: string): string =>
  printTask("xml", {
    Code: "InvalidObject",
    Message: "No such object.",
    JobId: jobId,
    State: "Failed",
    Tag: "WordsGeneralize",
  });

/** A video moderation that found something in a frame and something in the sound. */
export const moderation = (jobId: string): string =>
  JSON.stringify({
    EventName: "ReviewVideo",
    JobsDetail: {
      JobId: jobId,
      State: "Success",
      Code: "Success",
      CreationTime: "2026-03-01T10:00:00+0800",
      BucketId: "media-1250000000",
      Region: "ap-chongqing",
      Object: "clips/market.mp4",
      SnapshotCount: "3",
      Label: "Ads",
      Result: 1,
      ForbidState: "1",
      PornInfo: { HitFlag: 0, Count: 0 },
      AdsInfo: { HitFlag: 1, Count: 1 },
      TerrorismInfo: { HitFlag: 2, Count: 1 },
      Snapshot: [
        { SnapshotTime: 0, PornInfo: { HitFlag: 0, Score: 3 }, AdsInfo: { HitFlag: 0, Score: 0 } },
        {
          SnapshotTime: 62000,
          Url: "http://media.example/frame-62.png?sign=q",
          Text: "扫码添加微信，领取优惠",
          PornInfo: { HitFlag: 0, Score: 12 },
          AdsInfo: {
            HitFlag: 1,
            Score: 96,
            SubLabel: "QRCode",
            OcrResults: [{ Text: "扫码添加微信", Keywords: ["微信"] }],
          },
        },
      ],
      AudioSection: [
        {
          OffsetTime: 71000,
          Duration: 8000,
          Text: "这里有枪声",
          TerrorismInfo: { HitFlag: 2, Score: 71, Keywords: "枪声" },
        },
      ],
    },
  });

/** The end of a run of two tasks, of which the second failed. */
export const workflow = (runId: string, jobId: string): string =>
  printWorkflow("xml", {
    WorkflowId: "w1",
    WorkflowName: "nightly",
    RunId: runId,
    State: "Success",
    BucketId: "media-1250000000",
    Object: "lecture.mp4",
    CreateTime: "2026-03-01 10:00:00+0800",
    Tasks: [
      {
        Type: "Transcode",
        CreateTime: "2026-03-01 10:00:00+0800",
        StartTime: "2026-03-01 10:00:04+0800",
        EndTime: "2026-03-01 10:00:20+0800",
        State: "Success",
        JobId: jobId,
        Name: "Transcode_1",
      },
      {
        Type: "Snapshot",
        CreateTime: "2026-03-01 10:00:20+0800",
        EndTime: "2026-03-01 10:00:22+0800",
        State: "Failed",
        JobId: `${jobId}-s`,
        Name: "Snapshot_1",
      },
    ],
  });

export const BROKEN = "<Response>\n  <JobsDetail>\n    <Message>AT&T</Message>\n  </JobsDetail>\n</Response>";

/** Whatever runs when it is not escaped: as an element, as an attribute, as an address. */
export const MARKUP =
  `<script>window.ran = 1</script><img src="http://elsewhere.example/x.png" onerror="window.ran = 1">` +
  `" onfocus="window.ran = 1" autofocus=" ' javascript:window.ran=1 </textarea></pre>`;

/** A callback with markup in every place a page shows, names of nodes and the JobId among them. */
export function markupEverywhere(jobId: string): string {
  const m = MARKUP;
  return JSON.stringify({
    EventName: m,
    JobsDetail: {
      JobId: jobId,
      Tag: "WordsGeneralize",
      State: "Failed",
      Code: m,
      Message: m,
      QueueId: m,
      Input: { BucketId: m, Region: m, Object: m },
      Workflow: { RunId: `${m}run`, WorkflowId: m, WorkflowName: m, Name: m },
      Operation: {
        UserData: m,
        [m]: { [m]: [m, m] },
        WordsGeneralizeResult: {
          WordsGeneralizeLable: [{ Category: m, Word: m }],
          WordsGeneralizeToken: [{ Word: m, Offset: "0", Length: "1", Pos: m }],
        },
      },
    },
  });
}
