/** Command line of the deploy. */
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../src/callback/result.ts";

/** D1's location hints (developers.cloudflare.com/d1/configuration/data-location). */
export const LOCATIONS = ["wnam", "enam", "weur", "eeur", "apac", "oc"] as const;

export interface DeployOptions {
  /** Where a new database lies: one of `LOCATIONS`; null for near whoever creates it. */
  location: string | null;
  dryRun: boolean;
  /** Whether a database that `database_name` names and that already holds a receiver's tables may be used. */
  adopt: boolean;
  /** Whether a custom domain may replace a DNS record, or another Worker's custom domain, without a question. */
  overrideDns: boolean;
  /** Whether secrets that are set are replaced. */
  replaceSecrets: boolean;
}

export const HELP = `Deploys the receiver to your Cloudflare account: the first time, and every time after.

Usage: npm run deploy -- [options]

  --location <hint>  Where a new database lies: ${LOCATIONS.join(", ")}. Default: near you. For CI regions
                     in China, Singapore or Japan: apac. It cannot be changed later.
  --dry-run          Say what would be done, and do nothing.
  --adopt            Use the database that database_name in wrangler.toml names, although another receiver's
                     tables are in it.
  --override-dns     Let a custom domain replace an existing DNS record, or another Worker's custom domain,
                     without a question.
  --replace-secrets  Replace CALLBACK_KEYS and LOOKUP_TOKENS, although they are set: with those of the environment,
                     or with new ones. The old ones stop working at once.
  -h, --help         This text.

Needs \`npx wrangler login\`, or CLOUDFLARE_API_TOKEN. Missing secrets are taken from CALLBACK_KEYS and LOOKUP_TOKENS of
the environment. On a terminal, those that are not there are generated and shown; elsewhere the deploy stops.

Exit codes: 0 deployed, and the doctor found no fault; 1 not deployed, or the doctor found a fault; 2 wrong usage;
3 deployed, but the address does not answer yet.
`;

/** "help", or the options; fails with a sentence about the first thing wrong. */
export function readOptions(args: readonly string[]): Result<DeployOptions | "help", string> {
  const options = {
    location: { type: "string" },
    "dry-run": { type: "boolean", default: false },
    adopt: { type: "boolean", default: false },
    "override-dns": { type: "boolean", default: false },
    "replace-secrets": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return ok("help");
    const { location = null } = values;
    if (location !== null && !LOCATIONS.includes(location as (typeof LOCATIONS)[number]))
      return fail(`--location ${location} is not one of ${LOCATIONS.join(", ")}.`);
    return ok({
      location,
      dryRun: values["dry-run"],
      adopt: values.adopt,
      overrideDns: values["override-dns"],
      replaceSecrets: values["replace-secrets"],
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}
