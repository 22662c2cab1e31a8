/** What a JobId or RunId may be. */
import { MAX_ID_CHARACTERS } from "./limits.ts";

/** An id is a key and a part of URLs: a control character in it is damage, and such an id could not be looked up. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** What is wrong with the first id that is wrong, in a sentence; null where all are good. */
export function faultOfIds(ids: readonly string[]): string | null {
  if (ids.some((id) => id.length > MAX_ID_CHARACTERS))
    return `A JobId or RunId is longer than ${MAX_ID_CHARACTERS} characters.`;
  return ids.some((id) => CONTROL_CHARACTER.test(id)) ? "A JobId or RunId has a control character." : null;
}
