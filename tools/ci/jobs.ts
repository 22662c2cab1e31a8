/** Jobs as CI itself knows them, from the generator of callbacks, with the nodes that callbacks leave out. */
import { type CallbackRequest, describeCallback } from "../callbacks/callback.ts";
import type { Job, JobQueue } from "../callbacks/job.ts";
import { moderationDetail } from "../callbacks/moderation.ts";
import { toBeijingTime } from "../callbacks/time.ts";
import type { Tree } from "../callbacks/tree.ts";

export interface KnownJob extends JobQueue {
  jobId: string;
  /** Null for content moderation. */
  tag: string | null;
  /** The kind of content moderation, as paths name it, such as `image`; null for other jobs. */
  moderation: string | null;
  state: string;
  /** In milliseconds since 1970. */
  createdAt: number;
  /** Its `JobsDetail`. */
  detail: Tree;
}

/** The jobs that a callback is about; none if it names none, or tells less about one than CI would. */
export function knownJobs(request: CallbackRequest): KnownJob[] {
  if (request.kind.shape === "moderation-detail") return [moderationJob(request)];
  return describeCallback(request).jobs.map(knownJob);
}

/** CI's answers have nodes that its callbacks about segmentations lack. */
export function knownJob(job: Job): KnownJob {
  const { jobId, bucket, region, queueId, tag, state, createdAt, startedAt, detail } = job;
  const whole = { State: state, Tag: tag, QueueId: queueId, StartTime: toBeijingTime(startedAt) };
  return { jobId, bucket, region, queueId, tag, moderation: null, state, createdAt, detail: filled(detail, whole) };
}

function filled(detail: Tree, whole: Tree): Tree {
  const missing = Object.entries(whole).filter(([name]) => detail[name] === undefined);
  return { ...detail, ...Object.fromEntries(missing) };
}

const EVENT = /^Review([A-Z][a-z]+)$/;

function moderationJob({ seed, index, now, failed = false, early = false }: CallbackRequest): KnownJob {
  const { body, job } = moderationDetail({ seed, key: String(index), now, failed, early });
  const detail = body["JobsDetail"] as Tree & Record<"BucketId" | "Region" | "CreationTime", string>;
  return {
    jobId: job.jobId,
    bucket: detail.BucketId,
    region: detail.Region,
    queueId: "",
    tag: null,
    moderation: (EVENT.exec(body["EventName"] as string)?.[1] ?? "").toLowerCase(),
    state: job.state,
    createdAt: Date.parse(detail.CreationTime),
    detail,
  };
}
