/**
 * Limits on what a callback may cost to read. The size of the body itself is a setting of the
 * receiver (`MAX_BODY_BYTES`); these limit what a body of that size may contain.
 */

/** Elements or members inside one another. CI nests about 8. */
export const MAX_DEPTH_LEVELS = 100;

/** Elements and attributes of XML, members and array items of JSON, in one body. An 8 MiB segmentation in JSON, 167,000 tokens, has 840,000. */
export const MAX_NODES = 1_000_000;

/**
 * XML that is not plain: CDATA, text beside elements, comments or instructions inside the root. fast-xml-parser builds
 * its tree, and takes about 75 bytes of memory for each character, out of the 128 MB of a Worker. What CI sends is
 * plain, and has no limit but these and `MAX_BODY_BYTES`.
 */
export const MAX_GENERAL_XML_CHARACTERS = 1_000_000;

/** Of a JobId or RunId: 33 in every published sample. A longer one could be neither a key nor a part of a URL. */
export const MAX_ID_CHARACTERS = 1_024;
