/** Keys of KV: at most 512 bytes long, and listed in order of their bytes. */

/** Longest id that stands in a key as it is, in bytes. KV's limit is 512 for the whole key. */
const PLAIN_ID_BYTES = 400;

/** The key of a job or run: its id, or the digest of an id that is too long for a key. */
export async function idKey(prefix: string, id: string): Promise<string> {
  const bytes = new TextEncoder().encode(id);
  if (bytes.length <= PLAIN_ID_BYTES) return prefix + id;
  return `${prefix}sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
}

/** Past this many milliseconds since 1970 (the year 2286) the times below would no longer sort. */
const LATEST = 9_999_999_999_999;

/** A time that sorts before all earlier ones, as KV lists from the least key on. */
export const newestFirst = (milliseconds: number): string => String(LATEST - milliseconds).padStart(13, "0");

/** The time that `newestFirst` was made of. */
export const timeOfKey = (sortable: string): number => LATEST - Number(sortable);
