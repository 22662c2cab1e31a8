/**
 * The signature of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec, "Signature scheme"): HMAC
 * with SHA-256 of `<id>.<timestamp>.<body>`, in base64. With WebCrypto alone, so that it runs wherever the client does.
 */

const PREFIX = "whsec_";

/** The key in a `whsec_…` secret; null if it has none. */
export function keyOf(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!secret.startsWith(PREFIX)) return null;
  try {
    const key = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0));
    return key.length === 0 ? null : key;
  } catch {
    return null;
  }
}

export interface Signed {
  /** The `webhook-id`. */
  id: string;
  /** The `webhook-timestamp`. */
  timestamp: string;
  body: Uint8Array;
}

/** The base64 that stands behind `v1,`. */
export async function signatureOf(key: Uint8Array<ArrayBuffer>, { id, timestamp, body }: Signed): Promise<string> {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign("HMAC", hmac, content))));
}
