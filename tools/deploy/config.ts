/** The few values of wrangler.toml that a deploy goes by. */
import { readFileSync } from "node:fs";
import type { Wanted } from "./plan.ts";

/** Reads the lines that this project's own file has; no parser of TOML. */
export function readWanted(path: string, location: string | null): Wanted {
  const text = readFileSync(path, "utf8");
  const [, d1 = ""] = text.split(/^\[\[d1_databases\]\]$/m);
  const valueOf = (name: string): string => {
    const value = new RegExp(`^${name} = "(.+)"$`, "m").exec(d1)?.[1];
    if (value === undefined) throw new Error(`${path} has no ${name} under [[d1_databases]].`);
    return value;
  };
  const required = /^\[secrets\]\nrequired = \[(.*)\]$/m.exec(text)?.[1] ?? "";
  return {
    database: { name: valueOf("database_name"), binding: valueOf("binding") },
    secrets: [...required.matchAll(/"(.+?)"/g)].map(([, name]) => name as string),
    location,
  };
}
