/**
 * Reads the body of a request, and counts its bytes. It never cuts a body, and never has more than the limit in memory.
 */
import { fail, ok, type Result } from "../callback/result.ts";

/** `bytesRead` is null if the platform does not tell: it then reads the body in one go. */
export type BodyFailure =
  | { code: "body-too-large"; bytesRead: number }
  | { code: "incomplete-body"; bytesRead: number | null };

/**
 * How much of a refused body is read and thrown away, in bytes. If the connection were cut off, the sender would see an
 * error and not the answer. Cloudflare takes no larger body on the free plan.
 */
const DISCARD_LIMIT_BYTES = 100_000_000;

/** All bytes of a body, if they are not more than `limit`. Fails if they are, or if the connection breaks. */
export async function readBytes(request: Request, limit: number): Promise<Result<Uint8Array, BodyFailure>> {
  const { body } = request;
  if (body === null) return ok(new Uint8Array());
  const declared = request.headers.get("content-length");
  return declared !== null && Number(declared) <= limit ? readWhole(request, limit) : readCounting(body, limit);
}

/**
 * Reads a body in one go if its Content-Length is within the limit. Reading it chunk by chunk takes a fifth of a
 * callback's CPU time.
 */
async function readWhole(request: Request, limit: number): Promise<Result<Uint8Array, BodyFailure>> {
  try {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length > limit ? fail({ code: "body-too-large", bytesRead: bytes.length }) : ok(bytes);
  } catch {
    return fail({ code: "incomplete-body", bytesRead: null });
  }
}

/** The JSON value of UTF-8 bytes; undefined if they are not JSON. No schema accepts undefined. */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined;
  }
}

async function readCounting(body: ReadableStream<Uint8Array>, limit: number): Promise<Result<Uint8Array, BodyFailure>> {
  const chunks: Uint8Array[] = [];
  let bytesRead = 0;
  const reader = body.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const chunk = value as Uint8Array;
      bytesRead += chunk.length;
      if (bytesRead <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (bytesRead > DISCARD_LIMIT_BYTES) {
        await reader.cancel("larger than MAX_BODY_BYTES");
        break;
      }
    }
  } catch {
    return fail({ code: "incomplete-body", bytesRead });
  }
  return bytesRead > limit ? fail({ code: "body-too-large", bytesRead }) : ok(joined(chunks, bytesRead));
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
