/** Keys of KV: at most 512 bytes long, and listed in order of their bytes. */
import { digestOf } from "./encoding.ts";

/** Longest id that stands in a key as it is, in bytes. KV's limit is 512 for the whole key. */
const PLAIN_ID_BYTES = 400;

/** The key of a job or run in the spill: its id, or the digest of an id that is too long for a key. */
export async function idKey(prefix: string, id: string): Promise<string> {
  const bytes = new TextEncoder().encode(id).length;
  return bytes <= PLAIN_ID_BYTES ? prefix + id : `${prefix}sha256:${await digestOf(id)}`;
}

/** Ids that stand in a key as they are. None has a colon, which ends a part of a key, nor the mark of a digest. */
const PLAIN_PART = /^[0-9A-Za-z._~-]{1,160}$/;

/**
 * An id as one part of a key: itself, or the digest of one that is long or has other characters. Parts of different
 * ids differ, none contains a colon, and two of them fit into one key: `part:` is never the start of another id's keys.
 */
export async function keyPart(id: string): Promise<string> {
  return PLAIN_PART.test(id) ? id : `%${await digestOf(id)}`;
}

/** Past this many milliseconds since 1970 (the year 2286) the times below would no longer sort. */
const LATEST = 9_999_999_999_999;

/** A time that sorts before all earlier ones, as KV lists from the least key on. */
export const newestFirst = (milliseconds: number): string => String(LATEST - milliseconds).padStart(13, "0");

/** The time that `newestFirst` was made of. */
export const timeOfKey = (sortable: string): number => LATEST - Number(sortable);
