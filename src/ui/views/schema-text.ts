/** A JSON schema in the notation that readers of this project know best, TypeScript's. For showing. */

export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
}

const INDENT = "  ";

/** `named` are the schemas that a `$ref` may name; one inside itself stands by its name. */
export function shapeOf(
  schema: Schema,
  named: Record<string, Schema>,
  depth = 0,
  open: readonly string[] = [],
): string {
  const inner = (other: Schema, level = depth) => shapeOf(other, named, level, open);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    const target = named[name];
    return target === undefined || open.includes(name) ? name : shapeOf(target, named, depth, [...open, name]);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((choice) => inner(choice)).join(" | ");
  if (schema.type === "array") return arrayOf(inner(schema.items ?? {}));
  if (schema.type === "object") return objectOf(schema, (other) => inner(other, depth + 1), depth);
  return typeof schema.type === "string" ? schema.type : (schema.type?.join(" | ") ?? "unknown");
}

const arrayOf = (item: string): string => (item.includes(" | ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`);

function objectOf(
  { properties, required = [], additionalProperties }: Schema,
  inner: (schema: Schema) => string,
  depth: number,
): string {
  const lines = Object.entries(properties ?? {}).map(
    ([name, schema]) => `${INDENT.repeat(depth + 1)}${name}${required.includes(name) ? "" : "?"}: ${inner(schema)};`,
  );
  if (lines.length === 0) return "{ … }";
  if (typeof additionalProperties === "object") lines.push(`${INDENT.repeat(depth + 1)}…`);
  return `{\n${lines.join("\n")}\n${INDENT.repeat(depth)}}`;
}
