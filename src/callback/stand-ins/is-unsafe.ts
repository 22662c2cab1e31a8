/** For `is-unsafe`, which judges the entities that a document type declares: the strict pass refuses document types. */
import { absent } from "./absent.ts";

export const isUnsafe = absent("isUnsafe");

/** Patterns, for the function above. */
export const HTML = {};
export const XML = {};
