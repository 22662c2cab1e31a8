/** What a deploy wants, read from wrangler.toml, for the tests of deploys. */
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

/** Nothing given, nothing kept from before, and nothing to make. */
export const NO_SECRETS = { given: {}, pending: {}, toMake: [], ignored: [] };
