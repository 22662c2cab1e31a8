/** Callbacks as CI posts them, written for these tests. */

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

export function segmentation(jobId: string, object = "articles/meeting.txt", repeated = 1): string {
  let offset = 0;
  const tokens = Array.from({ length: repeated }, () => WORDS)
    .flat()
    .map(([word, pos]) => {
      const token = { Word: word, Offset: String(offset), Length: String(word.length), Pos: pos };
      offset += word.length;
      return token;
    });
  return JSON.stringify({
    EventName: "TaskFinish",
    JobsDetail: {
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
          WordsGeneralizeToken: tokens,
        },
      },
    },
  });
}

export const transcode = (jobId: string, state: string, end: string): string =>
  `<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><JobId>${jobId}</JobId>` +
  `<State>${state}</State><Tag>Transcode</Tag><CreationTime>2026-03-01T10:00:00+0800</CreationTime>` +
  `<StartTime>2026-03-01T10:00:01+0800</StartTime><EndTime>${end}</EndTime>` +
  `<Input><BucketId>media-1250000000</BucketId><Region>ap-chongqing</Region><Object>lecture.mp4</Object></Input>` +
  `<Operation><Transcode><Container><Format>mp4</Format></Container></Transcode>` +
  `<Output><Object>http://media.example/out.mp4</Object></Output></Operation></JobsDetail></Response>`;

export const failed = (jobId: string): string =>
  `<Response><EventName>TaskFinish</EventName><JobsDetail><Code>InvalidObject</Code><Message>No such object.</Message>` +
  `<JobId>${jobId}</JobId><State>Failed</State><Tag>WordsGeneralize</Tag></JobsDetail></Response>`;

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

export const workflow = (runId: string, jobId: string): string =>
  `<Response><EventName>WorkflowFinish</EventName><WorkflowExecution><WorkflowId>w1</WorkflowId><WorkflowName>nightly</WorkflowName>` +
  `<RunId>${runId}</RunId><State>Success</State><BucketId>media-1250000000</BucketId><Object>lecture.mp4</Object>` +
  `<CreateTime>2026-03-01 10:00:00+0800</CreateTime>` +
  `<Tasks><Type>Transcode</Type><CreateTime>2026-03-01 10:00:00+0800</CreateTime><StartTime>2026-03-01 10:00:04+0800</StartTime>` +
  `<EndTime>2026-03-01 10:00:20+0800</EndTime><State>Success</State><JobId>${jobId}</JobId><Name>Transcode_1</Name></Tasks>` +
  `<Tasks><Type>Snapshot</Type><CreateTime>2026-03-01 10:00:20+0800</CreateTime><EndTime>2026-03-01 10:00:22+0800</EndTime>` +
  `<State>Failed</State><JobId>${jobId}-s</JobId><Name>Snapshot_1</Name></Tasks></WorkflowExecution></Response>`;

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
