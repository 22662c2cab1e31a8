/** Longest JSON text of one statement, in characters of at most 3 bytes. D1 allows 2,000,000 bytes. */
const JSON_CHARACTERS = 600_000;

/** The rows as JSON arrays, each short enough for one statement. */
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
