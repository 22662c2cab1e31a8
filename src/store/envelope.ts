/**
 * A delivery as one value of KV: a line of JSON with what is known about it, then the bytes. KV has this form both as
 * the store and as the spill.
 */
import type { Body } from "../callback/callback.ts";

const LINE_FEED = 0x0a;

export function sealEnvelope(head: object, body: Body): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const value = new Uint8Array(line.length + bytes.length);
  value.set(line);
  value.set(bytes, line.length);
  return value;
}

/** `head` is what was sealed with it. */
export function openEnvelope(value: ArrayBuffer | Uint8Array): { head: unknown; bytes: Uint8Array } {
  const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
  const end = bytes.indexOf(LINE_FEED);
  const head: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  return { head, bytes: bytes.subarray(end + 1) };
}
