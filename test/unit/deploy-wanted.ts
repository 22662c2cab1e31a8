/** What the project's own wrangler.toml asks a deploy for. */
import { join } from "node:path";
import { type RawConfig, readConfig, type Wanted, wantedOf } from "../../tools/deploy/config.ts";

export const ROOT = new URL("../../", import.meta.url).pathname;

export const valueOf = <T>(result: { ok: true; value: T } | { ok: false; error: string }): T => {
  if (!result.ok) throw new Error(result.error);
  return result.value;
};

export const RAW = valueOf(await readConfig(join(ROOT, "wrangler.toml")));
export const wanted = (changes: Partial<RawConfig> = {}): Wanted =>
  valueOf(wantedOf({ ...RAW, ...changes }, undefined));
export const WANTED = wanted();
