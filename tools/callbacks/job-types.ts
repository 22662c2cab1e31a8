/**
 * The 28 documented job types. `Operation` follows the provider's callback pages. For types without a published
 * callback (DigitalWatermark, QualityEstimate, ImageInspect, FileCompress, FileUncompress) it follows the public SDKs.
 * Values are made up.
 */
import { FILE_TYPES } from "./job-types/files.ts";
import type { JobType } from "./job-types/job-type.ts";
import { MEDIA_TYPES } from "./job-types/media.ts";
import { TEXT_TYPES } from "./job-types/text.ts";

const ALL = { ...TEXT_TYPES, ...MEDIA_TYPES, ...FILE_TYPES };

/** A job type, by the provider's name for it. */
export type Tag = keyof typeof ALL;
export const JOB_TYPES: Readonly<Record<Tag, JobType>> = ALL;
export const TAGS = Object.keys(ALL) as Tag[];
