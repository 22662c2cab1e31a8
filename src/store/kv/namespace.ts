/**
 * The KV namespace as this store uses it. Every call is repeated if it fails. Entries expire. An entry may have a note,
 * which lists show if it fits into KV's metadata.
 */
import { openEnvelope } from "../envelope.ts";
import type { Persistently } from "../retry.ts";
import { PositionError } from "../errors.ts";

/** Largest metadata of one key, as JSON, in bytes: KV's limit. */
const METADATA_BYTES = 1_024;

/** How many keys KV fetches in one operation. */
export const BULK_KEYS = 100;

/** How many keys KV lists in one operation. */
export const LIST_KEYS = 1_000;

/** Shortest life of an entry, in seconds. KV refuses less than a minute, and a repeated write must still have that. */
const SHORTEST_LIFE_SECONDS = 120;

/**
 * How many lists, of 1,000 keys each, are followed for one id. A job has one or two deliveries; this limits what a
 * flood can cost.
 */
const LISTS_PER_ID = 10;

export interface ListedKey<Facts> {
  name: string;
  metadata: (Facts & { note?: unknown }) | null;
}

export interface KeyPage<Facts> {
  keys: ListedKey<Facts>[];
  /** Null after the last keys. */
  cursor: string | null;
}

/** When an entry expires, in seconds since 1970; null for never. */
export type Expiration = number | null;

/**
 * `since` is in milliseconds since 1970; `lifeSeconds` is null for ever. An entry that should have expired gets KV's
 * minimum.
 */
export function expirationOf(lifeSeconds: number | null, since: number): Expiration {
  if (lifeSeconds === null) return null;
  const earliest = Math.ceil(Date.now() / 1000) + SHORTEST_LIFE_SECONDS;
  return Math.max(earliest, Math.ceil(since / 1000) + lifeSeconds);
}

const expiring = (expiration: Expiration) => (expiration === null ? {} : { expiration });

export type Namespace = ReturnType<typeof namespaceOf>;

export function namespaceOf(kv: KVNamespace, persistently: Persistently) {
  async function list<Facts>(prefix: string, limit: number, cursor: string | null): Promise<KeyPage<Facts>> {
    try {
      const page = await persistently(() => kv.list<Facts>({ prefix, cursor, limit: Math.min(limit, LIST_KEYS) }));
      const keys = page.keys.map(({ name, metadata }) => ({ name, metadata: metadata ?? null }));
      return { keys, cursor: page.list_complete ? null : page.cursor };
    } catch (error) {
      // A cursor comes from a client. KV answers 400 to one that it did not give.
      if (cursor !== null && /failed: 400/.test(String(error)))
        throw new PositionError("KV did not give this position.");
      throw error;
    }
  }

  async function getMany<T>(names: readonly string[]): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    for (let at = 0; at < names.length; at += BULK_KEYS) {
      const values = await persistently(() => kv.get<T>(names.slice(at, at + BULK_KEYS), "json"));
      for (const [name, value] of values) if (value !== null) found.set(name, value);
    }
    return found;
  }

  return {
    list,
    getMany,

    /** All keys under a prefix that ends with an id. */
    async listAll<Facts>(prefix: string): Promise<ListedKey<Facts>[]> {
      const keys: ListedKey<Facts>[] = [];
      let cursor: string | null = null;
      for (let lists = 0; lists < LISTS_PER_ID; lists += 1) {
        const page: KeyPage<Facts> = await list<Facts>(prefix, LIST_KEYS, cursor);
        keys.push(...page.keys);
        cursor = page.cursor;
        if (cursor === null) break;
      }
      return keys;
    },

    async set(key: string, value: string | Uint8Array, expiration: Expiration, metadata: object | null = null) {
      await persistently(() => kv.put(key, value, { ...expiring(expiration), ...(metadata && { metadata }) }));
    },

    /** Writes facts as metadata, with the note if it fits, otherwise with the note as the value. */
    async setNoted(key: string, facts: object, note: unknown, expiration: Expiration) {
      const noted = { ...facts, note };
      const fits = new TextEncoder().encode(JSON.stringify(noted)).length <= METADATA_BYTES;
      const options = { ...expiring(expiration), metadata: fits ? noted : facts };
      await persistently(() => kv.put(key, fits ? "" : JSON.stringify(note), options));
    },

    /** The notes of keys, by name, without those that are gone. Takes at most one operation for each 100 keys. */
    async notesOf<Note>(keys: readonly ListedKey<object>[]): Promise<Map<string, Note>> {
      const notes = new Map<string, Note>();
      const others: string[] = [];
      for (const { name, metadata } of keys) {
        if (metadata?.note === undefined) others.push(name);
        else notes.set(name, metadata.note as Note);
      }
      for (const [name, note] of await getMany<Note>(others)) notes.set(name, note);
      return notes;
    },

    text: (key: string) => persistently(() => kv.get(key)),

    bytes: (key: string) => persistently(() => kv.get(key, "arrayBuffer")),

    async metadata<Facts>(key: string): Promise<Facts | null> {
      return (await persistently(() => kv.getWithMetadata<Facts>(key))).metadata;
    },

    /** The head of an envelope, without reading the bytes. */
    head: (key: string): Promise<unknown> =>
      persistently(async () => {
        const stream = await kv.get(key, "stream");
        return stream === null ? null : firstLine(stream);
      }),

    async remove(key: string) {
      await persistently(() => kv.delete(key));
    },
  };
}

const LINE_FEED = 0x0a;

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    // Leaving the loop cancels the stream.
    if (chunk.includes(LINE_FEED)) break;
  }
  return openEnvelope(new Uint8Array(await new Blob(chunks).arrayBuffer())).head;
}
