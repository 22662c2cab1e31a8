/**
 * Endpoints: the URLs of the user's system, and the secrets that events are signed with, from the text of the settings.
 * Both are secret, so a fault names the place of a value in the list, and never the value. Pure.
 */
import { digestText } from "./digest.ts";

/** Most endpoints there may be. */
export const ENDPOINTS_MAX = 5;

/** Shortest key of a signing secret, in bytes. Standard Webhooks recommends 24 to 64. */
const KEY_BYTES_MIN = 16;

/** The usable values of a secret list, and a sentence about each value that is not usable. */
export interface Parsed {
  values: string[];
  faults: string[];
}

export const URLS_ALLOWED = `1 to ${ENDPOINTS_MAX} https URLs with commas between them; http only to loopback`;
export const SIGNING_ALLOWED = `one or more of whsec_ and base64 of at least ${KEY_BYTES_MIN} bytes, with commas between them`;

/** The URLs of FORWARD_URLS. They are split at commas before `http`, since a URL may contain commas. */
export function parseUrls(text: string): Parsed {
  const parts = text
    .split(/,\s*(?=http)/i)
    .map((part) => part.replace(/[\s,]+$/, "").trim())
    .filter((part) => part !== "");
  const places = new Set<string>();
  return gather(parts, (part) => {
    const url = URL.canParse(part) ? new URL(part) : null;
    if (url === null || !isAllowed(url)) return "is not allowed";
    const place = placeOf(url.href);
    if (places.has(place)) return "repeats an earlier one up to its ?";
    if (places.size === ENDPOINTS_MAX) return `is more than the ${ENDPOINTS_MAX} there may be`;
    places.add(place);
    return null;
  });
}

/** The secrets of FORWARD_SECRETS. Each of them signs, so that one can replace another without a gap. */
export function parseSigningSecrets(text: string): Parsed {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return gather(parts, (part) => ((signingKey(part)?.length ?? 0) >= KEY_BYTES_MIN ? null : "is not allowed"));
}

/** The key bytes of a `whsec_…` secret; null if it is not one. */
export function signingKey(secret: string): Uint8Array | null {
  if (!secret.startsWith("whsec_")) return null;
  try {
    return Uint8Array.from(atob(secret.slice("whsec_".length)), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** `faultOf` says what is wrong with a value; null if nothing is. */
function gather(parts: readonly string[], faultOf: (part: string) => string | null): Parsed {
  const parsed: Parsed = { values: [], faults: [] };
  for (const [index, part] of parts.entries()) {
    const fault = faultOf(part);
    if (fault === null) parsed.values.push(part);
    else parsed.faults.push(`Value ${index + 1} of ${parts.length} ${fault}, and is left out.`);
  }
  return parsed;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** `fetch` refuses a user name or password in a URL. */
const isAllowed = ({ protocol, hostname, username, password }: URL): boolean =>
  username === "" && password === "" && (protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname)));

/** The part of a URL that identifies its endpoint: up to `?`, so that a token after it may be replaced. */
const placeOf = (url: string): string => new URL(url).href.replace(/[?#].*$/s, "");

export interface Endpoint {
  /** The endpoint's id: kept with its events, and a part of their ids. */
  id: string;
  /** The host: nothing else of the URL is ever shown. */
  host: string;
  url: string;
}

/** How many hexadecimal digits an endpoint's id has. */
const ID_DIGITS = 12;

/** The id of the endpoint that an event is for: the event's id ends with it. */
export const endpointIdOf = (event: string): string => event.slice(-ID_DIGITS);

export async function endpointOf(url: string): Promise<Endpoint> {
  return { id: (await digestText(placeOf(url))).slice(0, ID_DIGITS), host: new URL(url).host, url };
}

export const endpointsOf = (urls: readonly string[]): Promise<Endpoint[]> => Promise.all(urls.map(endpointOf));
