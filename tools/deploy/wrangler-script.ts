/** How to start wrangler on every machine: its own script, with the Node that runs already. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The program and its first arguments. Windows cannot spawn `wrangler.cmd` by name, and PATH may not have it at all. */
export function wranglerCommand(args: readonly string[]): [program: string, args: string[]] {
  const manifest = createRequire(import.meta.url).resolve("wrangler/package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { wrangler: string } };
  return [process.execPath, [join(dirname(manifest), bin.wrangler), ...args]];
}
