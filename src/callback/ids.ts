/** What a JobId or RunId may be. */
import { MAX_ID_CHARACTERS } from "./limits.ts";

/** An id is a key and a part of URLs. A control character in it is damage, and the id could not be looked up. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** A sentence about the first id that is wrong; null if all are fine. */
export function faultOfIds(ids: readonly string[]): string | null {
  if (ids.some((id) => id.length > MAX_ID_CHARACTERS))
    return `A JobId or RunId is longer than ${MAX_ID_CHARACTERS} characters.`;
  return ids.some((id) => CONTROL_CHARACTER.test(id)) ? "A JobId or RunId has a control character." : null;
}
