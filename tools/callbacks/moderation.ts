/** Content moderation: its `Detail` and `Simple` callbacks, always in JSON, and the test message of the consoles. */
import type { ExpectedJob } from "./job.ts";
import { Random } from "./random.ts";
import { toBeijingTime } from "./time.ts";
import { toDetail, type Tree } from "./tree.ts";

export interface ModerationRequest {
  seed: string;
  key: string;
  now: number;
  failed: boolean;
  /** True for a notice that the job is still under way. */
  early: boolean;
}

interface Moderation {
  /** The whole body. */
  body: Tree;
  job: ExpectedJob;
}

/** `prefix` is the beginning of the ids, two letters for each kind. `passing` is a state before the last. */
const KINDS = [
  { event: "ReviewImage", prefix: "si", object: "photo.jpg", passing: "Auditing" },
  { event: "ReviewText", prefix: "st", object: "comment.txt", passing: "Auditing" },
  { event: "ReviewVideo", prefix: "av", object: "clip.mp4", passing: "Snapshoting" },
  { event: "ReviewAudio", prefix: "sa", object: "call.mp3", passing: "Auditing" },
  { event: "ReviewDocument", prefix: "sd", object: "paper.pdf", passing: "Auditing" },
] as const;

/** `Detail`: a JobsDetail with native numbers, and `CosHeaders` as a map. */
export function moderationDetail({ seed, key, now, failed, early }: ModerationRequest): Moderation {
  const random = new Random(seed, "moderation", key);
  const { event, prefix, object, passing } = random.pick(KINDS);
  const jobId = prefix + random.uuid();
  const createdAt = now - random.whole(1, 3_600) * 1000;
  const score = random.whole(0, 100);
  const state = early ? passing : failed ? "Failed" : "Success";
  const verdict = (hit: boolean): Tree => ({
    HitFlag: Number(hit),
    Score: hit ? score : 0,
    Label: "",
    Category: "",
    SubLabel: "",
  });
  const detail: Tree = {
    JobId: jobId,
    State: state,
    ...(failed && !early ? { Code: "NoSuchKey", Message: "The specified key does not exist." } : {}),
    CreationTime: toBeijingTime(createdAt, "T", "+08:00"),
    Object: object,
    ...(state === "Success"
      ? {
          Label: score > 90 ? "Ads" : "Normal",
          Result: Number(score > 90),
          Score: score,
          PornInfo: verdict(false),
          AdsInfo: verdict(score > 90),
        }
      : {}),
    BucketId: "simulated-1250000000",
    Region: "ap-chongqing",
    ForbidState: 0,
    CosHeaders: { "x-cos-meta-id": random.hex(6) },
  };
  const job = { jobId, tag: null, state, userData: null, runId: null, detail: toDetail(detail) };
  return { body: { EventName: event, JobsDetail: detail }, job };
}

/** `Simple`: no JobsDetail. The job's id is `trace_id`, and code 0 means success. */
export function moderationSimple({ seed, key, failed }: ModerationRequest): Moderation {
  const random = new Random(seed, "moderation", key);
  const { event, prefix, object } = random.pick(KINDS);
  const jobId = prefix + random.uuid();
  const data: Tree = {
    event,
    forbidden_status: 0,
    porn_info: { hit_flag: 0, label: "", score: random.whole(0, 30) },
    result: 0,
    trace_id: jobId,
    url: `https://simulated-1250000000.cos.ap-chongqing.myqcloud.com/${object}?x=1&y=2`,
    cos_headers: { "x-cos-meta-id": random.hex(6) },
  };
  const state = failed ? "Failed" : "Success";
  const job = { jobId, tag: null, state, userData: null, runId: null, detail: toDetail(data) };
  return {
    body: { code: failed ? -1 : 0, data, message: failed ? "The specified key does not exist." : "success" },
    job,
  };
}

/** The message that the consoles post when a callback URL is saved. It names no job, and expects a 200. */
export function consoleTest(seed: string, key: string): Tree {
  const random = new Random(seed, "console", key);
  return {
    code: 0,
    data: {
      forbidden_status: 0,
      event: random.pick(KINDS).event,
      porn_info: { hit_flag: 0, label: "", count: 0 },
      result: 0,
      trace_id: "test_trace_id",
      url: "test_url",
      cos_headers: { "x-cos-meta-id": random.hex(6) },
    },
    message: "Test request when setting callback url",
  };
}
