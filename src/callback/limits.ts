/**
 * What a callback may cost to read. The size of the body itself is a setting of
 * the receiver (`MAX_BODY_BYTES`); these bound what a body of that size may hold.
 */

/** Elements or members inside one another. CI nests about 8; a deeper body only spends our stack. */
export const MAX_DEPTH_LEVELS = 100;

/** Elements, members and array items in one body. An 8 MiB segmentation in JSON, 167,000 tokens, has 840,000. */
export const MAX_NODES = 1_000_000;

/**
 * XML that is more than plain elements and text. fast-xml-parser takes about 75 bytes of memory for each character
 * of it, out of the 128 MB of a Worker. What CI sends is plain, and has no limit but these and `MAX_BODY_BYTES`.
 */
export const MAX_GENERAL_XML_CHARACTERS = 1_000_000;

/** Of a JobId or RunId: 33 in every published sample. Past this it cannot be a key, nor a part of a URL. */
export const MAX_ID_CHARACTERS = 1_024;
