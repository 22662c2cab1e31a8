/** What bounds a request to CI. Each with its unit. */

/** How long CI may take to answer in full, in milliseconds. */
export const ANSWER_MILLISECONDS = 10_000;

/**
 * A signature is valid from this long before the request, in seconds, so that a clock that is ahead of CI's does not
 * make it one of the future.
 */
export const SIGNED_BEFORE_SECONDS = 60;

/** And so long in all, in seconds: it must outlast a slow answer, and a copy of it should soon be worthless. */
export const SIGNATURE_SECONDS = 300;

/** Jobs on a page of a list at most, by CI's documentation. */
export const LIST_SIZE = 100;

/** Requests that one `describe` makes at most: by the path of the id's service, and by the common one. */
export const DESCRIBE_REQUESTS = 2;

/** How much is kept of an answer that is too large, in bytes: enough to tell which job it begins with. */
export const BEGINNING_BYTES = 16_384;

/** Longest text of an error of CI's that is kept, in characters. */
export const MESSAGE_CHARACTERS = 200;
