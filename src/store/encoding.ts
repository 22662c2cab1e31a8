/**
 * How a body is stored in a database whose rows hold at most 2,000,000 bytes, and whose BLOBs travel as lists of
 * numbers. A small body that looks like a callback is deflated against a dictionary, travels as hexadecimal digits, and
 * is stored as a BLOB. A large body is compressed without a dictionary and stored as text in base64, in parts if one
 * row cannot hold it. Any other body is stored as the text that it is, or in base64.
 */
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { type Body, decodeBytes } from "../callback/callback.ts";
import { dictionaryFor, type DictionaryName, dictionaryOf, isDictionaryName } from "./dictionary/dictionary.ts";
import { CorruptBodyError } from "./errors.ts";

/** The encodings that are stored as text. */
export const TEXT_ENCODINGS = ["utf-8", "base64", "gzip"] as const;

export type Encoding = (typeof TEXT_ENCODINGS)[number] | DictionaryName;

export interface EncodedBody {
  encoding: Encoding;
  /**
   * The text, in several parts if one row cannot hold it. For an encoding stored as a BLOB, its bytes in hexadecimal
   * digits.
   */
  parts: string[];
}

/** Bodies above this size, in bytes, are compressed without a dictionary, which they do not need. */
export const COMPRESS_ABOVE_BYTES = 64 * 1024;

/**
 * The level of zlib. Measured over published callbacks: 1 takes a quarter more room, and 9 a few hundredths less for
 * several times the CPU. Large bodies are mostly tokens, which repeat: 3 takes a third of the CPU of 6, and 7 to 13 %
 * more of the little room that they need.
 */
const levelOf = (size: number): number => (size > 16 * 1024 ? 3 : 6);

/** Longest text in one row, in characters of base64, which are one byte each. D1 allows 2,000,000 bytes. */
const PART_CHARACTERS = 1_900_000;

export function encodeBody(body: Body, size: number): EncodedBody {
  if (size > COMPRESS_ABOVE_BYTES) {
    const compressed = gzipSync(bytesOf(body), { level: levelOf(size) });
    return { encoding: "gzip", parts: split(compressed.toBase64()) };
  }
  if (typeof body !== "string") return { encoding: "base64", parts: [body.toBase64()] };
  return deflated(body, size) ?? { encoding: "utf-8", parts: [body] };
}

/** Null if the body does not look like a callback, or would not get smaller. */
function deflated(body: string, size: number): EncodedBody | null {
  const name = dictionaryFor(body);
  if (name === null) return null;
  const bytes = deflateRawSync(bytesOf(body), { level: levelOf(size), dictionary: dictionaryOf(name) });
  return bytes.length < size ? { encoding: name, parts: [bytes.toHex()] } : null;
}

/**
 * The body again, byte for byte: text if it is UTF-8. Rejects with a CorruptBodyError if the bytes are not the ones
 * that came, and with another error if a newer version of the receiver has encoded them.
 */
export async function decodeBody(id: string, encoding: string, parts: readonly string[]): Promise<Body> {
  if (!isEncoding(encoding))
    throw new Error(`Delivery ${id} has an encoding that this version does not know: ${encoding}.`);
  const text = parts.length === 1 ? (parts[0] as string) : parts.join("");
  try {
    const body = await verified(id, decoded(encoding, text));
    return typeof body !== "string" && isDictionaryName(encoding) ? decodeBytes(body) : body;
  } catch (error) {
    // If base64, gzip or deflate fails, the bytes are corrupt, as with a wrong digest.
    throw error instanceof CorruptBodyError ? error : new CorruptBodyError(id);
  }
}

const isEncoding = (name: string): name is Encoding =>
  (TEXT_ENCODINGS as readonly string[]).includes(name) || isDictionaryName(name);

function decoded(encoding: Encoding, text: string): Body {
  switch (encoding) {
    case "utf-8":
      return text;
    case "base64":
      return Uint8Array.fromBase64(text);
    case "gzip":
      return gunzipSync(Uint8Array.fromBase64(text));
    case "xml1":
    case "xml1c":
    case "json1":
    case "json1c":
      return inflateRawSync(Uint8Array.fromHex(text), { dictionary: dictionaryOf(encoding) });
  }
}

/** The body, if its digest is the delivery's id. Otherwise rejects with a CorruptBodyError. */
export async function verified(id: string, body: Body): Promise<Body> {
  if ((await digestOf(body)) !== id) throw new CorruptBodyError(id);
  return body;
}

/** The id of a delivery: the SHA-256 of its bytes in 64 hexadecimal digits. */
export async function digestOf(body: Body): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(body))).toHex();
}

const encoder = new TextEncoder();

const bytesOf = (body: Body) => (typeof body === "string" ? encoder.encode(body) : body);

function split(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += PART_CHARACTERS) parts.push(text.slice(at, at + PART_CHARACTERS));
  return parts;
}
