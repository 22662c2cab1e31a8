/**
 * How a body lies in a database whose rows hold at most 2,000,000 bytes, and whose BLOBs travel as lists of
 * numbers: always as text. UTF-8 as it is while it is small, compressed when larger, in base64 what is not
 * text; and in parts where one row does not hold it.
 */
import type { Body } from "../callback/callback.ts";
import { CorruptBodyError } from "./store.ts";

export type Encoding = "utf-8" | "base64" | "gzip";

export interface EncodedBody {
  encoding: Encoding;
  /** One text, or several where one row does not hold it. */
  parts: string[];
}

/** Bodies above this are compressed before they are kept: from there on that costs less than to carry them whole. */
export const COMPRESS_ABOVE_BYTES = 64 * 1024;

/** Longest text put into one row, in characters of base64, which are one byte each; D1 takes 2,000,000 bytes. */
const PART_CHARACTERS = 1_900_000;

export async function encodeBody(body: Body, size: number): Promise<EncodedBody> {
  if (size > COMPRESS_ABOVE_BYTES) {
    const compressed = await through(new CompressionStream("gzip"), body);
    return { encoding: "gzip", parts: split(compressed.toBase64()) };
  }
  return typeof body === "string"
    ? { encoding: "utf-8", parts: [body] }
    : { encoding: "base64", parts: [body.toBase64()] };
}

/** The body again, byte for byte: text where the bytes are UTF-8. Rejects with a CorruptBodyError where they are other bytes. */
export async function decodeBody(id: string, encoding: Encoding, parts: readonly string[]): Promise<Body> {
  const text = parts.length === 1 ? (parts[0] as string) : parts.join("");
  try {
    return await verified(id, await decoded(encoding, text));
  } catch (error) {
    // What base64 or gzip refuses is as corrupt as what has another digest.
    throw error instanceof CorruptBodyError ? error : new CorruptBodyError(id);
  }
}

async function decoded(encoding: Encoding, text: string): Promise<Body> {
  switch (encoding) {
    case "utf-8":
      return text;
    case "base64":
      return Uint8Array.fromBase64(text);
    case "gzip":
      return through(new DecompressionStream("gzip"), Uint8Array.fromBase64(text));
  }
}

/** The body, where it is the one that this delivery is named after. Rejects with a CorruptBodyError where it is another. */
export async function verified(id: string, body: Body): Promise<Body> {
  if ((await digestOf(body)) !== id) throw new CorruptBodyError(id);
  return body;
}

/** The id of a delivery: the SHA-256 of its bytes in 64 hexadecimal digits. */
export async function digestOf(body: Body): Promise<string> {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

const encoder = new TextEncoder();

async function through(stream: CompressionStream | DecompressionStream, body: Body): Promise<Uint8Array> {
  const source = new Response(body).body as ReadableStream<Uint8Array>;
  return new Uint8Array(await new Response(source.pipeThrough(stream)).arrayBuffer());
}

function split(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += PART_CHARACTERS) parts.push(text.slice(at, at + PART_CHARACTERS));
  return parts;
}
