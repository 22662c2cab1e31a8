/** Keys of KV. A key has at most 512 bytes, and keys are listed in the order of their bytes. */
import { digestOf } from "./encoding.ts";

/** Longest id that is in a key as it is, in bytes. A key has at most 512. */
const PLAIN_ID_BYTES = 400;

/** The key of a job or run in the spill: its id, or the digest of an id that is too long for a key. */
export async function idKey(prefix: string, id: string): Promise<string> {
  const bytes = new TextEncoder().encode(id).length;
  return bytes <= PLAIN_ID_BYTES ? prefix + id : `${prefix}sha256:${await digestOf(id)}`;
}

/**
 * Ids that are in a key as they are. They have no colon, which separates the parts of a key, and no `%`, which marks a
 * digest.
 */
const PLAIN_PART = /^[0-9A-Za-z._~-]{1,160}$/;

/**
 * An id as one part of a key: the id itself, or its digest if it is long or has other characters. Parts of different
 * ids differ, none contains a colon, and two of them fit into one key. So `part:` is never the beginning of another
 * id's key.
 */
export async function keyPart(id: string): Promise<string> {
  return PLAIN_PART.test(id) ? id : `%${await digestOf(id)}`;
}

/** After this time, in milliseconds since 1970 (the year 2286), the times below would not sort any more. */
const LATEST = 9_999_999_999_999;

/** A time as text that sorts before all earlier ones, since KV lists in ascending order. */
export const newestFirst = (milliseconds: number): string => String(LATEST - milliseconds).padStart(13, "0");

/** The time that `newestFirst` has turned into text. */
export const timeOfKey = (sortable: string): number => LATEST - Number(sortable);
