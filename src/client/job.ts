/** The types of a job as look-ups answer it, told apart by `tag`. */
import type { ContentNode } from "../callback/types.ts";
import type { DetailOf } from "../results/details.ts";
import { type Family, isKnownTag, type KnownTag, type TagOf } from "../results/families.ts";
import { familyOf } from "../results/read-result.ts";
import type { ListedJob } from "../wire.ts";

/**
 * Any tag but the documented ones. TypeScript cannot express "every string but these". A plain `string` in the union
 * would overlap with the documented tags, and then comparing `tag` would not narrow `detail`. So this is a pattern that
 * no documented tag matches. It is only a mark for the compiler; no value looks like this. To compare with an
 * undocumented tag, use `isTag`.
 */
export type OtherTag = `${string} (not documented)`;

type Common = Omit<ListedJob, "tag">;

/** A job of a documented type. `detail` is null if the bytes behind the job are no longer kept. */
export interface TaggedJob<T extends KnownTag> extends Common {
  tag: T;
  detail: DetailOf<T> | null;
}

/** A word segmentation. */
export type SegmentationJob = TaggedJob<"WordsGeneralize">;

/**
 * A job of any other type, or without one. Its `detail` is the `JobsDetail` as it is: every leaf text, repeated nodes
 * lists.
 */
export interface OtherJob extends Common {
  tag: OtherTag | null;
  detail: ContentNode | null;
}

/** A content moderation. It has no tag. If it came by a callback, its event tells what was moderated. */
export interface ModerationJob extends OtherJob {
  tag: null;
  event: `Review${string}` | null;
}

export type Job = { [T in KnownTag]: TaggedJob<T> }[KnownTag] | OtherJob;

/** A job of a type that the provider does not document. */
export interface UndocumentedJob extends OtherJob {
  tag: OtherTag;
}

/** The job type of a tag. The content of an undocumented tag is not known. */
export type JobOfTag<T extends string> = T extends KnownTag ? TaggedJob<T> : UndocumentedJob;

/**
 * True for a job of that tag, documented or not.
 * @example if (isTag(job, "Transcode")) console.log(job.detail?.Operation);
 */
export const isTag = <const T extends string>(job: Job, tag: T): job is Job & JobOfTag<T> =>
  (job.tag as string | null) === tag;

/**
 * True for a job of a documented type, whose `detail` has a type.
 * @example if (isKnown(job)) job.tag satisfies KnownTag;
 */
export const isKnown = (job: Job): job is Exclude<Job, OtherJob> => isKnownTag(job.tag);

/**
 * True for a job of that family.
 * @example if (isFamily(job, "media")) console.log(readMedia(job)?.files);
 */
export const isFamily = <F extends Exclude<Family, "moderation">>(
  job: Job,
  family: F,
): job is Extract<Job, { tag: TagOf<F> }> => familyOf(job) === family;

/**
 * True for a word segmentation.
 * @example if (isSegmentation(job)) console.log(job.detail?.Operation?.WordsGeneralize);
 */
export const isSegmentation = (job: Job): job is SegmentationJob => job.tag === "WordsGeneralize";

/**
 * True for a content moderation.
 * @example if (isModeration(job)) console.log(readModeration(job)?.verdict);
 */
export const isModeration = (job: Job): job is ModerationJob => familyOf(job) === "moderation";
