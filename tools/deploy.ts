/**
 * Deploys to your account in one go, from nothing or again: the database, its migrations, the secrets, the Worker,
 * and the doctor at the end. Whatever fails, running it again goes on from there. Usage: npm run deploy -- --help
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readWanted } from "./deploy/config.ts";
import { commandText, type Found, LOCATIONS, planDeploy, type Step } from "./deploy/plan.ts";
import { addressIn, DeployError, findInAccount, isLoggedIn, show } from "./deploy/wrangler.ts";
import { examine } from "./doctor.ts";
import { askAt } from "./doctor/ask.ts";
import { readOptions } from "./doctor/options.ts";
import { hasFault, textReport } from "./doctor/report.ts";

const EXIT = { done: 0, fault: 1, usage: 2 } as const;

const HELP = `Deploys the receiver to your Cloudflare account, from nothing or again.

Usage: npm run deploy -- [options]

  --location <hint>  Where a new database is to lie: ${LOCATIONS.join(", ")}. Default: near you. For CI regions
                     in China, Singapore or Japan: apac. It cannot be changed later.
  --dry-run          Says what it would do, and does nothing.
  -h, --help         This text.

Needs \`npx wrangler login\`, or CLOUDFLARE_API_TOKEN. Secrets that are missing are made, and shown once; where
CALLBACK_KEYS or LOOKUP_TOKENS are in the environment, those are set. With CI set, none is made or shown.

Exit codes: 0 deployed, and the doctor found no fault; 1 it failed, or the doctor found one; 2 wrong usage.
`;

/** What a new account looks like, for a dry run without one. */
const NOTHING: Found = { databases: [], secrets: null };

async function main(): Promise<number> {
  const { location, dryRun, help } = readLine();
  if (help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const wanted = readWanted("wrangler.toml", location);
  const loggedIn = await isLoggedIn();
  if (!loggedIn && !dryRun)
    throw new DeployError("Not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.");
  const steps = planDeploy(loggedIn ? await findInAccount() : NOTHING, wanted);
  if (dryRun) {
    if (!loggedIn) console.log("Not logged in, so this is the plan for a new account.\n");
    for (const step of steps) console.log(`${step.says}\n  ${commandText(step)}`);
    console.log("Run the doctor\n  npm run doctor -- <its address>");
    return EXIT.done;
  }
  return deploy(steps);
}

function readLine() {
  const options = {
    location: { type: "string" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const { location = null } = values;
    if (location !== null && !LOCATIONS.includes(location as (typeof LOCATIONS)[number]))
      throw new TypeError(`--location ${location} is none of ${LOCATIONS.join(", ")}.`);
    return { location, dryRun: values["dry-run"] ?? false, help: values.help ?? false };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run deploy -- --help lists what there is.\n`);
    process.exit(EXIT.usage);
  }
}

async function deploy(steps: readonly Step[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "receiver-deploy-"));
  const outputFile = join(directory, "output.ndjson");
  const secrets: Record<string, string> = {};
  // Before anything is done: what cannot be set must not be found out half-way.
  for (const name of steps.flatMap((step) => step.secrets ?? [])) secrets[name] = secretFor(name);
  let areSent = false;
  try {
    for (const step of steps) {
      areSent ||= step.secrets !== undefined;
      console.log(`\n${step.says}\n  ${commandText(step)}`);
      await show([...step.command, ...secretsArguments(step, secrets, directory)], outputFile);
    }
  } catch (error) {
    // The step may have set them before it failed, and nobody can read them again.
    if (areSent) showOnce(secrets);
    rmSync(directory, { recursive: true });
    throw error;
  }
  showOnce(secrets);
  const address = addressIn(outputFile);
  rmSync(directory, { recursive: true });
  return runDoctor(address, secrets);
}

/** 192 bits in 32 characters that need no encoding in a URL: CI's documentation has a page that allows it 100. */
function secretFor(name: string): string {
  const given = process.env[name];
  if (given !== undefined && given !== "") return given;
  if (process.env["CI"] === undefined) return randomBytes(24).toString("base64url");
  throw new DeployError(
    `${name} is not set, and what is made in CI would be shown in its log. Put it into the environment.`,
  );
}

function secretsArguments({ secrets }: Step, values: Record<string, string>, directory: string): string[] {
  if (secrets === undefined) return [];
  const file = join(directory, "secrets.json");
  const content = JSON.stringify(Object.fromEntries(secrets.map((name) => [name, values[name]])));
  writeFileSync(file, content, { mode: 0o600 });
  return ["--secrets-file", file];
}

function showOnce(secrets: Record<string, string>): void {
  const made = Object.entries(secrets).filter(([name]) => (process.env[name] ?? "") === "");
  if (made.length === 0) return;
  console.log("\nMade for you, and shown this once. Keep them: nobody can read them again.");
  for (const [name, value] of made) console.log(`  ${name.padEnd(16)}${value}`);
}

/** A new workers.dev address or custom domain takes a while to answer, in seconds. */
const PATIENCE_SECONDS = 120;

async function runDoctor(address: string | null, secrets: Record<string, string>): Promise<number> {
  if (address === null) {
    console.log("\nDeployed. wrangler names no address; examine it with: npm run doctor -- <its address>");
    return EXIT.done;
  }
  const env = {
    ...process.env,
    CALLBACK_KEY: firstOf(secrets["CALLBACK_KEYS"]) ?? process.env["CALLBACK_KEY"],
    LOOKUP_TOKEN: firstOf(secrets["LOOKUP_TOKENS"]) ?? process.env["LOOKUP_TOKEN"],
  };
  const options = readOptions([address], env);
  if (!options.ok || options.value === "help") throw new DeployError(`wrangler names ${address}, which is no address.`);
  const { base, timeoutSeconds } = options.value;
  const ask = askAt(base, timeoutSeconds);
  console.log(`\nWait for ${base.origin} to answer`);
  const start = performance.now();
  while ((await ask("livez")).status !== 200 && performance.now() - start < PATIENCE_SECONDS * 1000) await sleep(2_000);
  const findings = await examine(options.value);
  process.stdout.write(`\n${textReport(options.value, findings)}`);
  return hasFault(findings) ? EXIT.fault : EXIT.done;
}

const firstOf = (secrets: string | undefined): string | undefined => secrets?.split(",")[0]?.trim();

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.fault;
}
