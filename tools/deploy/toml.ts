/** A parsed configuration as TOML: every top-level key on a line of its own, what is nested inline. Pure. */
export const toToml = (table: object): string =>
  entriesOf(table)
    .map((entry) => `${entry}\n`)
    .join("");

const entriesOf = (table: object): string[] =>
  Object.entries(table)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)} = ${inline(value)}`);

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{ ${entriesOf(value).join(", ")} }`;
  // TOML writes strings, numbers and booleans as JSON does.
  return JSON.stringify(value);
}
