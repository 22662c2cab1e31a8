/**
 * Verifies events as Standard Webhooks says (github.com/standard-webhooks/standard-webhooks, spec, "Verifying webhook
 * authenticity"), in Node 20 and later, Workers, and wherever else there is WebCrypto.
 */
import type { ReceiverEvent } from "./events.ts";
import { keyOf, signatureOf } from "./signature.ts";

/** What is wrong with a request that cannot be trusted. */
export type VerificationFault =
  /** One of the three `webhook-…` headers is missing. */
  | "missing-header"
  /** `webhook-timestamp` is not a time, or is too far from now. */
  | "timestamp"
  /** No signature was made with one of these secrets. */
  | "signature"
  /** The request is signed, but its body is not an event. */
  | "not-an-event";

/** The request is not an event signed with one of these secrets. Answer 401 or 400, and do nothing else. */
export class EventVerificationError extends Error {
  readonly code: VerificationFault;

  constructor(code: VerificationFault, message: string) {
    super(message);
    this.name = "EventVerificationError";
    this.code = code;
  }
}

/** A `Request` of fetch. Its body is read, so clone it if you need it again. */
export interface FetchRequest {
  headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What a framework gives: headers in any case, and the body exactly as it came, not parsed. */
export interface PlainRequest {
  headers: { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;
  body: string | Uint8Array;
}

export interface VerifyOptions {
  /** How far `webhook-timestamp` may be from now, in either direction, in seconds. 300 unless given. */
  toleranceSeconds?: number | undefined;
}

/** The tolerance of the published libraries. */
const TOLERANCE_SECONDS = 300;

/**
 * The event, if one of the secrets has signed it and it is fresh. Otherwise rejects with an `EventVerificationError`.
 * Rejects with a `TypeError` if a secret is not `whsec_` and base64. A newer receiver may send events of further types.
 * @example const event = await verifyEvent(request, [env.CI_EVENTS_SECRET]);
 */
export async function verifyEvent(
  request: FetchRequest | PlainRequest,
  secrets: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS }: VerifyOptions = {},
): Promise<ReceiverEvent> {
  const keys = (typeof secrets === "string" ? [secrets] : secrets).map(keyOrThrow);
  if (keys.length === 0) throw new TypeError("verifyEvent needs a secret.");
  const id = headerOf(request, "webhook-id");
  const timestamp = headerOf(request, "webhook-timestamp");
  const signatures = headerOf(request, "webhook-signature");
  expectFresh(timestamp, toleranceSeconds);
  const body = await bodyOf(request);
  const expected = await Promise.all(keys.map((key) => signatureOf(key, { id, timestamp, body })));
  if (!isSignedByOne(signatures, expected))
    throw new EventVerificationError("signature", "No signature in webhook-signature is of the given secrets.");
  return eventOf(id, body);
}

function keyOrThrow(secret: string): Uint8Array<ArrayBuffer> {
  const key = keyOf(secret);
  if (key === null) throw new TypeError("A secret must be whsec_ and base64.");
  return key;
}

function headerOf({ headers }: FetchRequest | PlainRequest, name: string): string {
  const value = isHeaders(headers) ? headers.get(name) : plainHeader(headers, name);
  if (value === null || value === "") throw new EventVerificationError("missing-header", `There is no ${name}.`);
  return value;
}

const isHeaders = (headers: PlainRequest["headers"]): headers is FetchRequest["headers"] =>
  typeof headers["get"] === "function";

function plainHeader(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  const [, value] = Object.entries(headers).find(([other]) => other.toLowerCase() === name) ?? [];
  return typeof value === "string" ? value : (value?.join(" ") ?? null);
}

function expectFresh(timestamp: string, toleranceSeconds: number): void {
  const age = /^\d{1,15}$/.test(timestamp) ? Math.floor(Date.now() / 1000) - Number(timestamp) : Number.NaN;
  // Not `>`, so that NaN is not fresh.
  if (!(Math.abs(age) <= toleranceSeconds))
    throw new EventVerificationError("timestamp", `webhook-timestamp is not within ${toleranceSeconds} s of now.`);
}

async function bodyOf(request: FetchRequest | PlainRequest): Promise<Uint8Array> {
  if ("arrayBuffer" in request) return new Uint8Array(await request.arrayBuffer());
  return typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body;
}

/** Compares every signature with every expected one, in a time that does not depend on where they differ. */
function isSignedByOne(signatures: string, expected: readonly string[]): boolean {
  let found = false;
  for (const part of signatures.split(" ")) {
    for (const signature of expected) if (isEqual(part, `v1,${signature}`)) found = true;
  }
  return found;
}

function isEqual(candidate: string, expected: string): boolean {
  if (candidate.length !== expected.length) return false;
  let difference = 0;
  for (let at = 0; at < expected.length; at += 1) difference |= candidate.charCodeAt(at) ^ expected.charCodeAt(at);
  return difference === 0;
}

function eventOf(id: string, body: Uint8Array): ReceiverEvent {
  try {
    const { type, timestamp, data } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    if (typeof type === "string" && typeof timestamp === "string" && typeof data === "object" && data !== null)
      return { id, type, timestamp, data } as ReceiverEvent;
  } catch {
    // A body that is not JSON is not an event.
  }
  throw new EventVerificationError("not-an-event", "The body is signed, but has no type, timestamp and data.");
}
