/**
 * Deploys to your account: the database, its migrations, the KV namespace, then the Worker with its secrets, and the
 * doctor at the end. Every run finds out what is there and does what is missing. Usage: npm run deploy -- --help
 */
import { existsSync, readdirSync } from "node:fs";
import { setGlobalProxyFromEnv } from "node:http";
import { findInAccount } from "./deploy/account.ts";
import { apiAt } from "./deploy/api.ts";
import { chooseAccount } from "./deploy/choose-account.ts";
import { readConfig, type RawConfig, type Wanted, wantedOf } from "./deploy/config.ts";
import { DeployError } from "./deploy/error.ts";
import { examineAt } from "./deploy/examine.ts";
import { type Interruption, watchSignals } from "./deploy/interruption.ts";
import { type DeployOptions, HELP, readOptions } from "./deploy/options.ts";
import { pendingPath, readPending } from "./deploy/pending.ts";
import { perform } from "./deploy/perform.ts";
import { commandText, type Found, NOTHING, type Plan, planDeploy } from "./deploy/plan.ts";
import { namesText, planSecrets, REQUIRED_SECRETS, secretLines } from "./deploy/secrets.ts";
import { settingFaults, unknownVars } from "./deploy/settings.ts";
import { type Address, readLogin } from "./deploy/wrangler.ts";

const EXIT = { done: 0, fault: 1, usage: 2, silent: 3 } as const;

const CONFIG = "wrangler.toml";

async function main(signal: AbortSignal): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options.ok) {
    process.stderr.write(`${options.error}\nnpm run deploy -- --help lists what there is.\n`);
    return EXIT.usage;
  }
  if (options.value === "help") {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const { raw, wanted } = await readWanted();
  const login = await readLogin(signal);
  if (login === null) {
    if (!options.value.dryRun)
      throw new DeployError("Not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.");
    console.log("Not logged in, so this is the plan for a new account.\n");
    return dryRun(planFor(NOTHING, wanted, options.value, {}, true));
  }
  return deploy(raw, wanted, options.value, login, signal);
}

async function readWanted(): Promise<{ raw: RawConfig; wanted: Wanted }> {
  const raw = await readConfig(CONFIG);
  if (!raw.ok) throw new DeployError(raw.error);
  const wanted = wantedOf(raw.value, process.env["WRANGLER_CI_OVERRIDE_NAME"]);
  if (!wanted.ok) throw new DeployError(wanted.error);
  const faults = settingFaults(wanted.value.vars);
  const lines = faults.map(({ name, value, allowed }) => `${name} is "${value}". Allowed: ${allowed}.`);
  if (lines.length > 0)
    throw new DeployError(`[vars] in ${CONFIG} would be refused by the receiver:\n${lines.join("\n")}`);
  for (const name of unknownVars(wanted.value.vars))
    console.log(`${name} in [vars] is not a setting of the receiver (docs/settings.md).`);
  return { raw: raw.value, wanted: wanted.value };
}

async function deploy(
  raw: RawConfig,
  wanted: Wanted,
  options: DeployOptions,
  login: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const base = process.env["CLOUDFLARE_API_BASE_URL"] || undefined;
  const api = apiAt(base, login, signal);
  const named = process.env["CLOUDFLARE_ACCOUNT_ID"] || wanted.accountId;
  const account = await chooseAccount(api, base, named, isTerminal, signal);
  const found = await findInAccount(api, base, account.id, wanted, shippedMigrations(wanted));
  if (!found.ok) throw new DeployError(found.error);
  const pendingFile = pendingPath(account.id, wanted.worker);
  const pending = readPending(pendingFile);
  const plan = planFor(found.value, wanted, options, pending, isTerminal);
  if (isTerminal && account.name !== null) console.log(`Account ${account.name} (${account.id})`);
  if (options.dryRun) return dryRun(plan);
  if (plan.refusals.length > 0) throw new DeployError(plan.refusals.join("\n"));
  for (const note of plan.notes) console.log(note);

  const recovered = recoveredFrom(pending, plan.secrets, found.value);
  if (Object.keys(recovered).length > 0) sayRecovered(recovered, pendingFile);
  const job = { api, account, raw, wanted, found: found.value, plan, pendingFile, isTerminal, signal };
  const { address, sent } = await perform({ ...job, secrets: plan.secrets });
  return examine(address, { ...recovered, ...sent }, signal);
}

function planFor(
  found: Found,
  wanted: Wanted,
  options: DeployOptions,
  pending: Readonly<Record<string, string>>,
  isTerminal: boolean,
) {
  const set = found.worker?.secrets ?? [];
  const secrets = planSecrets({ set, environment: process.env, pending, replace: options.replaceSecrets });
  return { ...planDeploy(found, wanted, { options, secrets, isTerminal }), secrets };
}

function dryRun({ notes, steps, refusals }: Plan): number {
  for (const note of notes) console.log(note);
  for (const step of steps) console.log(`${step.says}\n  ${commandText(step)}`);
  console.log("Run the doctor\n  npm run doctor -- <its address>");
  if (refusals.length === 0) return EXIT.done;
  console.log(`\nNot yet, though:\n${refusals.join("\n")}`);
  return EXIT.fault;
}

const shippedMigrations = ({ database: { migrationsFolder } }: Wanted): string[] =>
  existsSync(migrationsFolder) ? readdirSync(migrationsFolder).filter((name) => name.endsWith(".sql")) : [];

/** Secrets that an interrupted run made and sent: the Worker has them by now. */
function recoveredFrom(
  pending: Readonly<Record<string, string>>,
  { toMake }: { toMake: readonly string[] },
  { worker }: Found,
): Record<string, string> {
  const isSet = (name: string): boolean => worker?.secrets.includes(name) === true && !toMake.includes(name);
  return Object.fromEntries(Object.entries(pending).filter(([name]) => isSet(name)));
}

function sayRecovered(secrets: Readonly<Record<string, string>>, file: string): void {
  const names = namesText(Object.keys(secrets));
  if (isTerminal)
    console.log(
      `\nAn earlier run was interrupted after it sent these secrets. The doctor tries them below.\n${secretLines(secrets)}`,
    );
  else
    console.log(
      `\n${names}: set by an earlier run that was interrupted. They are in ${file}; a run on a terminal shows them.`,
    );
}

async function examine(
  address: Address | null,
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  if (address === null) {
    console.log("\nDeployed. No address follows from `routes`: examine it with npm run doctor -- <its address>");
    return EXIT.done;
  }
  const [callbackKeys, lookupTokens] = REQUIRED_SECRETS.map((name) => secrets[name] ?? process.env[name]);
  const result = await examineAt(address, { callbackKeys, lookupTokens, isTerminal }, signal).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
      throw new DeployError(`\nDeployed. The doctor was interrupted: npm run doctor -- ${address.url}`);
    },
  );
  if (result === "silent") {
    const reason =
      address.kind === "route"
        ? "A route needs a proxied DNS record of that name in its zone: create it in the dashboard."
        : "The name of a new address can take longer to be known everywhere.";
    console.log(
      `\nDeployed, but ${address.url} cannot be reached from here yet, so nothing was examined. ${reason} After that: ` +
        `npm run doctor -- ${address.url}`,
    );
    return EXIT.silent;
  }
  if (callbackKeys === undefined || lookupTokens === undefined)
    console.log(
      `\nCALLBACK_KEYS and LOOKUP_TOKENS were set before, and Cloudflare shows them to nobody. If they are lost:
npm run deploy -- --replace-secrets`,
    );
  return result === "ok" ? EXIT.done : EXIT.fault;
}

/** Whether somebody can answer a question and read a secret. What is piped or in CI is kept in a log. */
const isTerminal = process.stdin.isTTY && process.stdout.isTTY && ["", "false"].includes(process.env["CI"] ?? "");

const STOPPED =
  "\nInterrupted. What was done stays done, and npm run deploy continues from there. Secrets that were shown are kept, " +
  "in a file that only you can read, until a run has seen them in force.";

async function run({ signal, exitCode }: Interruption): Promise<number> {
  try {
    return await main(signal);
  } catch (error) {
    if (error instanceof DeployError) process.stderr.write(`\n${error.message.trim()}\n`);
    else if (signal.aborted) process.stderr.write(`${STOPPED}\n`);
    else throw error;
    return signal.aborted ? exitCode() : EXIT.fault;
  }
}

setGlobalProxyFromEnv();
const interruption = watchSignals();
process.exitCode = await run(interruption);
// At once then: a request of the doctor's may still be under way.
if (interruption.signal.aborted) process.exit();
