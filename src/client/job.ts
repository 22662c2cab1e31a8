/** A job as the client types it: what look-ups answer, told apart by `tag`. */
import type { ContentNode } from "../callback/types.ts";
import type { ListedJob } from "../wire.ts";
import type { SegmentationDetail } from "../results/segmentation.ts";

type Capital = "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M";
type LaterCapital = "N" | "O" | "P" | "Q" | "R" | "S" | "T" | "U" | "V" | "X" | "Y" | "Z";

/**
 * Any tag but `WordsGeneralize`. TypeScript cannot say "every string but one", which telling jobs apart by `tag`
 * takes; no other tag of the provider starts with W, and so "none with a W" stands for it.
 */
export type OtherTag = `${Capital | LaterCapital}${string}`;

type Common = Omit<ListedJob, "tag">;

/** `detail` is null when the bytes behind the job are no longer kept. */
export interface SegmentationJob extends Common {
  tag: "WordsGeneralize";
  detail: SegmentationDetail | null;
}

/** A job of any other type, with its `JobsDetail` as it is: every leaf text, repeated nodes arrays. */
export interface OtherJob extends Common {
  tag: OtherTag | null;
  detail: ContentNode | null;
}

export type Job = SegmentationJob | OtherJob;

/**
 * True for a word segmentation.
 * @example if (isSegmentation(job)) console.log(job.detail?.Operation?.WordsGeneralize);
 */
export const isSegmentation = (job: Job): job is SegmentationJob => job.tag === "WordsGeneralize";
