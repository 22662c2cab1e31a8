/**
 * Limits on the contents of a callback, so that reading it stays cheap. The size of the body itself is the setting
 * `MAX_BODY_BYTES`.
 */

/** How deep elements or members may be nested. CI nests about 8. */
export const MAX_DEPTH_LEVELS = 100;

/** Elements and attributes of XML, members and array items of JSON, in one body. An 8 MiB segmentation in JSON, 167,000 tokens, has 840,000. */
export const MAX_NODES = 1_000_000;

/**
 * Largest XML document that is not plain: with CDATA, text beside elements, or comments or instructions inside the
 * root. fast-xml-parser builds its tree, and takes about 75 bytes of memory for each character, of the 128 MB of a
 * Worker. CI sends plain XML, which is limited only by the other limits and `MAX_BODY_BYTES`.
 */
export const MAX_GENERAL_XML_CHARACTERS = 1_000_000;

/** Longest JobId or RunId. Every published sample has 33. A longer one could be neither a key nor a part of a URL. */
export const MAX_ID_CHARACTERS = 1_024;
