/** By which path CI is asked about a job. Sources: the pages "DescribeMediaJob", "查询内容识别任务" and their siblings; tencentyun/cos-go-sdk-v5. Pure. */

/** A job to ask about, with what is known of it. */
export interface AskedJob {
  jobId: string;
  /** Its `Tag`, such as `WordsGeneralize` or `ImageAuditing`. */
  tag?: string | null;
  /** The `EventName` of its callback, such as `TaskFinish` or `ReviewImage`. */
  event?: string | null;
}

/** Services by the first letter of a job's id. */
const SERVICES: Readonly<Record<string, string>> = {
  a: "/ai_jobs",
  c: "/pic_jobs",
  d: "/doc_jobs",
  s: "/asr_jobs",
  f: "/file_jobs",
};

const COMMON = "/jobs";

/** Kinds of content moderation, by their names in events and tags, in lower case. */
const MODERATION: Readonly<Record<string, string>> = {
  image: "image",
  text: "text",
  video: "video",
  audio: "audio",
  document: "document",
  html: "webpage",
  webpage: "webpage",
};

/** The ids of moderation have two letters before their 32 digits, where those of other services have one. */
const MODERATION_ID = /^(si|st|av|sa|sd|sh)[0-9a-f]{32}$/;
const MODERATION_LETTERS: Readonly<Record<string, string>> = {
  si: "image",
  st: "text",
  av: "video",
  sa: "audio",
  sd: "document",
  sh: "webpage",
};

/**
 * The paths that may know the job, in order. Whether the common one knows the jobs of every service is documented
 * nowhere, so it is asked last.
 */
export function pathsOf(job: AskedJob): string[] {
  const own = `${serviceOf(job)}/${segmentOf(job.jobId)}`;
  const common = `${COMMON}/${segmentOf(job.jobId)}`;
  return own === common ? [common] : [own, common];
}

/** Of the jobs of a queue. */
export const LIST_PATH = COMMON;

function serviceOf({ jobId, tag, event }: AskedJob): string {
  const kind = moderationOf(event, /^Review([A-Z][a-z]+)$/) ?? moderationOf(tag, /^([A-Z][a-z]+)Auditing$/);
  const letters = MODERATION_ID.exec(jobId)?.[1];
  const moderation = kind ?? (letters === undefined ? undefined : MODERATION_LETTERS[letters]);
  if (moderation !== undefined) return `/${moderation}/auditing`;
  const letter = jobId.charAt(0);
  return Object.hasOwn(SERVICES, letter) ? (SERVICES[letter] as string) : COMMON;
}

function moderationOf(name: string | null | undefined, pattern: RegExp): string | undefined {
  const kind = pattern.exec(name ?? "")?.[1]?.toLowerCase();
  return kind !== undefined && Object.hasOwn(MODERATION, kind) ? MODERATION[kind] : undefined;
}

/**
 * An id as one segment of a path. A URL takes `.` and `..` for directories even where the dots are escaped, so they
 * are escaped twice: CI then knows of no such job, which is the truth.
 */
const segmentOf = (id: string): string =>
  /^\.{1,2}$/.test(id) ? id.replaceAll(".", "%252E") : encodeURIComponent(id.toWellFormed());
