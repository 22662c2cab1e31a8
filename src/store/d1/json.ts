/** Longest JSON text given to one statement, in characters of at most 3 bytes; D1 takes 2,000,000 bytes. */
const JSON_CHARACTERS = 600_000;

/** JSON arrays of the rows, none longer than one statement takes. */
export function inChunks(rows: readonly object[]): string[] {
  const chunks: string[] = [];
  let chunk = "";
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (chunk !== "" && chunk.length + json.length > JSON_CHARACTERS) {
      chunks.push(`[${chunk}]`);
      chunk = "";
    }
    chunk += chunk === "" ? json : `,${json}`;
  }
  return chunk === "" ? chunks : [...chunks, `[${chunk}]`];
}
