/** Who may post, and who may look up. Secrets are compared in constant time, all of them each time. */

/** True when `candidate` is one of `secrets`. Its time tells neither which, nor how much of one was right. */
export async function isOneOf(candidate: string, secrets: readonly string[]): Promise<boolean> {
  const sought = await digest(candidate);
  let found = false;
  for (const secret of secrets) {
    if (crypto.subtle.timingSafeEqual(sought, await digest(secret))) found = true;
  }
  return found;
}

/** Digests are of one length, whatever the secrets are: comparing them does not tell a length. */
const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** The token in an `Authorization` header: `Bearer <token>`, or `Basic` with the token as password. Null where there is none. */
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
