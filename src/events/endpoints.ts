/**
 * Endpoints: the URLs of the user's system and the secrets that events are signed with, from the text of the settings.
 * Both are secrets, so what is wrong is told by its place and never by its value. Pure.
 */
import { digestText } from "./digest.ts";

/** How many endpoints there may be. */
export const ENDPOINTS_MAX = 5;

/** Shortest key of a signing secret, in bytes. Standard Webhooks recommends 24 to 64. */
const KEY_BYTES_MIN = 16;

/** What a list of secrets holds that can be used, and a sentence about each value that cannot. */
export interface Parsed {
  values: string[];
  faults: string[];
}

export const URLS_ALLOWED = `1 to ${ENDPOINTS_MAX} https URLs with commas between them; http only to loopback`;
export const SIGNING_ALLOWED = `one or more of whsec_ and base64 of at least ${KEY_BYTES_MIN} bytes, with commas between them`;

/** The URLs, split at commas before `http`, since a URL may have commas of its own. */
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

/** Each `whsec_…` signs, so that one can replace another without a gap. */
export function parseSigningSecrets(text: string): Parsed {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return gather(parts, (part) => ((signingKey(part)?.length ?? 0) >= KEY_BYTES_MIN ? null : "is not allowed"));
}

/** The bytes of a `whsec_…` secret; null where it is none. */
export function signingKey(secret: string): Uint8Array | null {
  if (!secret.startsWith("whsec_")) return null;
  try {
    return Uint8Array.from(atob(secret.slice("whsec_".length)), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** `faultOf` says what is wrong with a value; null for nothing. */
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

/** A user name or password in a URL is refused by `fetch`. */
const isAllowed = ({ protocol, hostname, username, password }: URL): boolean =>
  username === "" && password === "" && (protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname)));

/** What an endpoint is known by: its URL up to `?`, so that a token there may be replaced. */
const placeOf = (url: string): string => new URL(url).href.replace(/[?#].*$/s, "");

export interface Endpoint {
  /** Kept with events, and part of their ids. */
  id: string;
  /** All that is told of the endpoint, to anybody. */
  host: string;
  url: string;
}

/** Hexadecimal digits of an endpoint's id. */
const ID_DIGITS = 12;

/** The endpoint that an event is for: its id stands at the end of the event's. */
export const endpointIdOf = (event: string): string => event.slice(-ID_DIGITS);

export async function endpointOf(url: string): Promise<Endpoint> {
  return { id: (await digestText(placeOf(url))).slice(0, ID_DIGITS), host: new URL(url).host, url };
}

export const endpointsOf = (urls: readonly string[]): Promise<Endpoint[]> => Promise.all(urls.map(endpointOf));
