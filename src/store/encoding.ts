/**
 * How a body lies in a database whose rows hold at most 2,000,000 bytes, and whose BLOBs travel as lists of numbers.
 * What looks like a callback is deflated against a dictionary, travels in hexadecimal digits, and lies as a BLOB. What is
 * large is compressed without one, and lies as text in base64: in parts where one row does not hold it. All else lies as
 * the text that it is, or in base64.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type Body, decodeBytes } from "../callback/callback.ts";
import { dictionaryFor, type DictionaryName, dictionaryOf, isDictionaryName } from "./dictionary/dictionary.ts";
import { CorruptBodyError } from "./errors.ts";

/** The encodings whose bodies lie as text. */
export const TEXT_ENCODINGS = ["utf-8", "base64", "gzip"] as const;

export type Encoding = (typeof TEXT_ENCODINGS)[number] | DictionaryName;

export interface EncodedBody {
  encoding: Encoding;
  /** One text, or several where one row does not hold it. Of an encoding that lies as a BLOB, its bytes in hexadecimal digits. */
  parts: string[];
}

/** Bodies above this are compressed without a dictionary, which they would not need, as streams. */
export const COMPRESS_ABOVE_BYTES = 64 * 1024;

/** Of zlib. Measured over published callbacks: 1 takes a quarter more room, and 9 a few hundredths less for several times the CPU. */
const LEVEL = 6;

/** Longest text put into one row, in characters of base64, which are one byte each; D1 takes 2,000,000 bytes. */
const PART_CHARACTERS = 1_900_000;

export async function encodeBody(body: Body, size: number): Promise<EncodedBody> {
  if (size > COMPRESS_ABOVE_BYTES) {
    const compressed = await through(new CompressionStream("gzip"), body);
    return { encoding: "gzip", parts: split(compressed.toBase64()) };
  }
  if (typeof body !== "string") return { encoding: "base64", parts: [body.toBase64()] };
  return deflated(body, size) ?? { encoding: "utf-8", parts: [body] };
}

/** Null if the body does not look like a callback, or would not get smaller. */
function deflated(body: string, size: number): EncodedBody | null {
  const name = dictionaryFor(body);
  if (name === null) return null;
  const bytes = deflateRawSync(encoder.encode(body), { level: LEVEL, dictionary: dictionaryOf(name) });
  return bytes.length < size ? { encoding: name, parts: [bytes.toHex()] } : null;
}

/**
 * The body again, byte for byte: text where the bytes are UTF-8. Rejects with a CorruptBodyError if they are other
 * bytes, and with another error where a newer version of the receiver has encoded them.
 */
export async function decodeBody(id: string, encoding: string, parts: readonly string[]): Promise<Body> {
  if (!isEncoding(encoding))
    throw new Error(`Delivery ${id} has an encoding that this version does not know: ${encoding}.`);
  const text = parts.length === 1 ? (parts[0] as string) : parts.join("");
  try {
    return await verified(id, await decoded(encoding, text));
  } catch (error) {
    // What base64, gzip or deflate refuses is as corrupt as what has another digest.
    throw error instanceof CorruptBodyError ? error : new CorruptBodyError(id);
  }
}

const isEncoding = (name: string): name is Encoding =>
  (TEXT_ENCODINGS as readonly string[]).includes(name) || isDictionaryName(name);

async function decoded(encoding: Encoding, text: string): Promise<Body> {
  switch (encoding) {
    case "utf-8":
      return text;
    case "base64":
      return Uint8Array.fromBase64(text);
    case "gzip":
      return through(new DecompressionStream("gzip"), Uint8Array.fromBase64(text));
    case "xml1":
    case "xml1c":
    case "json1":
    case "json1c":
      return decodeBytes(inflateRawSync(Uint8Array.fromHex(text), { dictionary: dictionaryOf(encoding) }));
  }
}

/**
 * The body, where it is the one that this delivery is named after. Rejects with a CorruptBodyError if it is another.
 */
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
