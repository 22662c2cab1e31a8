/** The body of an answer, counted while it is read: never more than the limit in memory. */
import { fail, ok, type Result } from "../callback/result.ts";

/**
 * All bytes, where there are no more than `limit`; otherwise the connection is given up, and it fails with those that
 * came. Rejects where the connection breaks.
 */
export async function readBody(response: Response, limit: number): Promise<Result<Uint8Array, Uint8Array>> {
  if (response.body === null) return ok(new Uint8Array());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    const chunk = value as Uint8Array;
    length += chunk.length;
    if (length > limit) {
      await reader.cancel().catch(() => {});
      return fail(joined([...chunks, chunk]));
    }
    chunks.push(chunk);
  }
  return ok(joined(chunks));
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
