/** What a reader who filters by a state or a type that nothing has may have meant. Pure. */

/** Letters that may be wrong, missing or too many in a name, by its length: a short one has others near it by chance. */
const slipsIn = (name: string): number => (name.length < 4 ? 0 : name.length < 8 ? 1 : 2);

/** Without what a reader leaves out or writes otherwise: case, spaces, hyphens and underscores. */
const folded = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, "");

/**
 * The code of the nearest known name that differs from the text in case or spelling alone; null where none does, and
 * where the text is one of the codes itself. `names` are codes with what the page calls them: either may be meant.
 */
export function codeMeant(text: string, names: Readonly<Record<string, string>>): string | null {
  if (Object.hasOwn(names, text)) return null;
  const wanted = folded(text);
  for (const slips of [0, 1, 2]) {
    const isMeant = (name: string) => slips <= slipsIn(name) && isWithin(slips, wanted, folded(name));
    for (const [code, label] of Object.entries(names)) if (isMeant(code) || isMeant(label)) return code;
  }
  return null;
}

/** Whether so many letters inserted, deleted or replaced, or fewer, make one text the other. */
function isWithin(slips: number, a: string, b: string): boolean {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  if (restA === restB) return true;
  const [nextA, nextB] = [restA.slice(1), restB.slice(1)];
  return (
    slips > 0 &&
    (isWithin(slips - 1, nextA, nextB) || isWithin(slips - 1, nextA, restB) || isWithin(slips - 1, restA, nextB))
  );
}
