/** What a reader who filters by a state or a type that nothing has may have meant. Pure. */

/** Letters that may be wrong, missing or too many in a name, by its length: a short one has others near it by chance. */
const slipsIn = (name: string): number => (name.length < 4 ? 0 : name.length < 8 ? 1 : 2);

/** Without what a reader leaves out or writes otherwise: case, spaces, hyphens and underscores. */
const folded = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, "");

/**
 * The code of a known name that differs from the text in case or spelling alone; null where none does, and where the
 * text is one of the codes itself. `names` are codes with what the page calls them: either may be meant.
 */
export function codeMeant(text: string, names: Readonly<Record<string, string>>): string | null {
  if (Object.hasOwn(names, text)) return null;
  const wanted = folded(text);
  const near = Object.entries(names)
    .map(([code, label]) => ({ code, slips: Math.min(slipsTo(wanted, folded(code)), slipsTo(wanted, folded(label))) }))
    .toSorted((a, b) => a.slips - b.slips)[0];
  return near !== undefined && near.slips !== Infinity ? near.code : null;
}

/** How many slips lie between a text and a name; `Infinity` where they are more than the name allows. */
function slipsTo(text: string, name: string): number {
  const allowed = slipsIn(name);
  if (text === name) return 0;
  if (Math.abs(text.length - name.length) > allowed) return Infinity;
  const slips = distance(text, name);
  return slips <= allowed ? slips : Infinity;
}

/** Letters to insert, delete or replace on the way from one text to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 1; at <= from.length; at += 1) {
    const above = row;
    row = [at];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + Number(from[at - 1] !== to[column - 1]);
      row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
    }
  }
  return row[to.length] ?? 0;
}
