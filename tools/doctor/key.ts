/** Whether the callback key has a shape that Cloudflare's logs recognise as a secret. Pure. */
import { type Finding, good, warning } from "./finding.ts";

/** Digits of a run of hexadecimal digits that is redacted, and characters of one that mixes both cases and digits. */
const HEX_DIGITS = 32;
const MIXED_CHARACTERS = 21;

/**
 * Tail and Workers Logs replace such a run in a URL by REDACTED
 * (developers.cloudflare.com/workers/runtime-apis/handlers/tail). Other keys stay readable in a log that has the URL.
 */
export function isRedacted(key: string): boolean {
  if (!/^[\w+-]+$/.test(key)) return false;
  if (key.length >= HEX_DIGITS && /^[\da-f]+$/i.test(key)) return true;
  const count = (pattern: RegExp): number => key.match(pattern)?.length ?? 0;
  return key.length >= MIXED_CHARACTERS && count(/[A-Z]/g) >= 2 && count(/[a-z]/g) >= 2 && count(/\d/g) >= 2;
}

export function checkKeyShape(key: string): Finding {
  const check = "key";
  if (isRedacted(key)) return good(check, "has a shape that Cloudflare's logs redact");
  return warning(
    check,
    "does not look like a secret to Cloudflare, so a log that has the URL shows it",
    "Take 32 hexadecimal digits (openssl rand -hex 16): docs/deploy.md#rotate-a-key-without-losing-a-callback.",
  );
}
