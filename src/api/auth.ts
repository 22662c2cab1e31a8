/** Who may post, and who may look up. Secrets are compared in constant time, and each time with all of them. */

const encoder = new TextEncoder();

/**
 * True if `candidate` is one of `secrets`. The time it takes tells neither which one, nor how much of it was right, nor
 * how long it is.
 */
export function isOneOf(candidate: string, secrets: readonly string[]): boolean {
  const sought = encoder.encode(candidate);
  let found = false;
  for (const text of secrets) {
    const secret = encoder.encode(text);
    // If the lengths differ, the secret is compared with itself, which takes as long.
    const isOfOneLength = sought.length === secret.length;
    if (crypto.subtle.timingSafeEqual(isOfOneLength ? sought : secret, secret) && isOfOneLength) found = true;
  }
  return found;
}

/**
 * The token in an `Authorization` header: `Bearer <token>`, or `Basic` with the token as password. Null if there is
 * none.
 */
export function readToken(authorization: string | undefined): string | null {
  const match = /^(bearer|basic) +([^ ]+) *$/i.exec(authorization ?? "");
  if (match === null) return null;
  const [, scheme, credentials] = match as unknown as [string, string, string];
  if (scheme.toLowerCase() === "bearer") return credentials;
  const pair = decodeBase64(credentials);
  const colon = pair.indexOf(":");
  return colon === -1 ? null : pair.slice(colon + 1);
}

function decodeBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  } catch {
    return "";
  }
}
