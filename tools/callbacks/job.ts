/** One CI job as its callback tells it: the node `JobsDetail`, and what a look-up must answer. */
import { JOB_TYPES, type Tag } from "./job-types.ts";
import type { Place } from "./media.ts";
import { Random } from "./random.ts";
import { cosHeaders, type Run, stepName, workflowNode } from "./run.ts";
import { toBeijingTime } from "./time.ts";
import { toDetail, type Tree } from "./tree.ts";

export interface JobRequest {
  seed: string;
  /** Names the job among those of its seed, such as `17` or `17.2`. */
  key: string;
  tag: Tag;
  /** Milliseconds since 1970. The job ended within the hour before. */
  now: number;
  /** Size of a segmentation. */
  tokens: number;
  state: "Submitted" | "Running" | "Success" | "Failed";
  /** The workflow run that started the job. */
  run?: Run | undefined;
  /** Where the job ran, if that must not be at random. */
  queue?: JobQueue | undefined;
}

/** A queue of CI, of a bucket in a region. */
export interface JobQueue extends Place {
  queueId: string;
}

export interface Job extends JobQueue {
  jobId: string;
  tag: Tag;
  state: JobRequest["state"];
  userData: string | null;
  /** Milliseconds since 1970; for a job that has ended. */
  createdAt: number;
  startedAt: number;
  endedAt: number;
  run: Run | null;
  detail: Tree;
}

/** What a look-up of a job must answer, as far as it follows from the callback. */
export interface ExpectedJob {
  jobId: string;
  tag: string | null;
  state: string;
  userData: string | null;
  runId: string | null;
  detail: unknown;
}

/** Makes the same job for the same seed and key, whatever state is asked for. */
export function describeJob({ seed, key, tag, now, tokens, state, run, queue }: JobRequest): Job {
  const random = new Random(seed, "job", key);
  const type = JOB_TYPES[tag];
  const jobId = type.service + random.uuid();
  const { bucket, region } = queue ?? run ?? { bucket: random.pick(BUCKETS), region: random.pick(REGIONS) };
  const place = { bucket, region };
  const stem = random.pick(STEMS);
  const object = run?.object ?? `input/${stem}.${type.input}`;
  const endedAt = now - random.whole(0, 3_600) * 1000;
  const startedAt = endedAt - random.whole(1, 90) * 1000;
  const createdAt = startedAt - random.whole(0, 2) * 1000;
  const userData = writeUserData(random, tag, key);
  const failure = random.pick(FAILURES);
  const hasTag = random.chance(0.75);
  const anyQueueId = `p${random.hex(32)}`;
  const queueId = queue?.queueId ?? anyQueueId;
  const doneMessage = random.pick(["", "Success", "success", "done"]);
  const headers = run === undefined ? {} : { CosHeaders: cosHeaders(random) };
  const input = { ...inputOf(tag, place, object), ...headers };
  const { settings, results } = type.describe({ random, ...place, stem: `${stem}-${random.hex(6)}`, tokens });

  const isOver = state === "Success" || state === "Failed";
  // No published segmentation callback has State, QueueId or StartTime, and one has no Tag.
  const isBare = tag === "WordsGeneralize" && isOver;
  const detail: Tree = {
    Code: state === "Failed" ? failure.code : "Success",
    CreationTime: toBeijingTime(createdAt),
    EndTime: isOver ? toBeijingTime(endedAt) : "-",
    Input: tag === "Tts" ? undefined : input,
    JobId: jobId,
    Message: state === "Failed" ? failure.message : isOver ? doneMessage : "",
    Operation: {
      ...settings,
      ...(state === "Success" ? results : undefined),
      Input: tag === "Tts" && run !== undefined ? input : undefined,
      JobLevel: "0",
      UserData: userData ?? undefined,
    },
    QueueId: isBare ? undefined : queueId,
    StartTime: isBare ? undefined : state === "Submitted" ? "-" : toBeijingTime(startedAt),
    State: isBare ? undefined : state,
    Tag: isBare && !hasTag ? undefined : tag,
    Workflow: run === undefined ? undefined : workflowNode(run, stepName(tag, jobId)),
  };
  return { jobId, ...place, queueId, tag, state, userData, createdAt, startedAt, endedAt, run: run ?? null, detail };
}

export const expectedJob = ({ jobId, tag, state, userData, run, detail }: Job): ExpectedJob => ({
  jobId,
  tag,
  state,
  userData,
  runId: run?.runId ?? null,
  detail: toDetail(detail),
});

const BUCKETS = ["simulated-1250000000", "examplebucket-1250000000", "media-archive-1250000000"];
const REGIONS = ["ap-chongqing", "ap-beijing", "ap-shanghai", "ap-guangzhou", "ap-singapore"];
const STEMS = ["demo", "meeting/minutes", "2026/07/upload", "a b", "素材/发布会 (终稿)", "R&D/报告", "café"];

/** Error codes of the object storage, since those of failed jobs are not documented. */
const FAILURES = [
  { code: "NoSuchKey", message: "The specified key does not exist." },
  { code: "AccessDenied", message: "Access Denied." },
  { code: "InvalidArgument", message: 'The format of "Input" & its extension do not agree.' },
  { code: "InternalError", message: "We encountered an internal error. Please try again." },
];

/** Printable ASCII, as CI demands, some of which must be escaped. */
function writeUserData(random: Random, tag: string, key: string): string | null {
  if (random.chance(0.1)) return null;
  const order = random.hex(8);
  return random.pick([
    `order-${order}`,
    `order-${order}`,
    `This is ${tag} job ${key}.`,
    `{"order":"${order}","next":"<a href='/?x=1&y=2'>"}`,
  ]);
}

/** Types whose input is not told by bucket, region and object. */
const INPUTS: Readonly<Partial<Record<Tag, (object: string) => Tree>>> = {
  DocProcess: (object) => ({ Object: object }),
  Translation: (object) => ({ Object: object, Lang: "en", Type: "pdf", BasicType: "pdf" }),
  Tts: () => ({}),
};

const inputOf = (tag: Tag, { bucket, region }: Place, object: string): Tree =>
  INPUTS[tag]?.(object) ?? { BucketId: bucket, Object: object, Region: region };
