/** One deploy, for a login that is there: finds the account and what it has, plans, performs, and examines. */
import { existsSync, readdirSync } from "node:fs";
import { findInAccount } from "./account.ts";
import { apiAt } from "./api.ts";
import { chooseAccount } from "./choose-account.ts";
import type { RawConfig, Wanted } from "./config.ts";
import { DeployError } from "./error.ts";
import { examineAt } from "./examine.ts";
import type { DeployOptions } from "./options.ts";
import { pendingPath, readPending } from "./pending.ts";
import { perform } from "./perform.ts";
import { commandText, type Found, NOTHING, type Plan, planDeploy } from "./plan.ts";
import { namesText, planSecrets, REQUIRED_SECRETS, secretLines } from "./secrets.ts";
import type { Address } from "./wrangler.ts";

/** Exit codes: `silent` is a deploy whose address does not answer yet. */
export const EXIT = { done: 0, fault: 1, usage: 2, silent: 3 } as const;

export interface Order {
  raw: RawConfig;
  wanted: Wanted;
  options: DeployOptions;
  /** Whether somebody can answer a question and read a secret. */
  isTerminal: boolean;
  signal: AbortSignal;
}

/** `login` are the headers that authenticate. Resolves to the exit code; rejects with a DeployError. */
export async function deploy(order: Order, login: Readonly<Record<string, string>>): Promise<number> {
  const { wanted, options, isTerminal, signal } = order;
  const base = process.env["CLOUDFLARE_API_BASE_URL"] || undefined;
  const api = apiAt(base, login, signal);
  const named = process.env["CLOUDFLARE_ACCOUNT_ID"] || wanted.accountId;
  const account = await chooseAccount(api, base, named, isTerminal, signal);
  if (isTerminal && account.name !== null) console.log(`Account ${account.name} (${account.id})`);
  const found = await findInAccount(api, base, account.id, wanted, shippedMigrations(wanted));
  if (!found.ok) throw new DeployError(found.error);
  const pendingFile = pendingPath(account.id, wanted.worker);
  const pending = readPending(pendingFile);
  const plan = planFor(found.value, order, pending);
  if (options.dryRun) return printPlan(plan);
  if (plan.refusals.length > 0) throw new DeployError(plan.refusals.join("\n"));
  for (const note of plan.notes) console.log(note);

  const recovered = recoveredFrom(pending, plan.secrets, found.value);
  if (Object.keys(recovered).length > 0) sayRecovered(recovered, pendingFile, isTerminal);
  const { address, sent } = await perform({ ...order, ...plan, api, account, found: found.value, pendingFile });
  return examine(address, { ...recovered, ...sent }, order);
}

/** The plan for an account that has nothing, for a dry run without a login. */
export const printPlanForNewAccount = (order: Order): number =>
  printPlan(planFor(NOTHING, { ...order, isTerminal: true }, {}));

function planFor(found: Found, { wanted, options, isTerminal }: Order, pending: Readonly<Record<string, string>>) {
  const set = found.worker?.secrets ?? [];
  const secrets = planSecrets({ set, environment: process.env, pending, replace: options.replaceSecrets });
  return { ...planDeploy(found, wanted, { options, secrets, isTerminal }), secrets };
}

function printPlan({ notes, steps, refusals }: Plan): number {
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
  { given, toMake }: { given: object; toMake: readonly string[] },
  { worker }: Found,
): Record<string, string> {
  const isSet = (name: string): boolean => worker?.secrets.includes(name) === true;
  const isReplaced = (name: string): boolean => toMake.includes(name) || name in given;
  return Object.fromEntries(Object.entries(pending).filter(([name]) => isSet(name) && !isReplaced(name)));
}

function sayRecovered(secrets: Readonly<Record<string, string>>, file: string, isTerminal: boolean): void {
  const says = isTerminal
    ? `An earlier run was interrupted after it sent these secrets. The doctor tries them below.\n${secretLines(secrets)}`
    : `${namesText(Object.keys(secrets))}: set by an earlier run that was interrupted. They are in ${file}; a run on a terminal shows them.`;
  console.log(`\n${says}`);
}

async function examine(
  address: Address | null,
  secrets: Readonly<Record<string, string>>,
  { isTerminal, signal }: Order,
): Promise<number> {
  if (address === null) {
    console.log("\nDeployed. No address follows from `routes`: examine it with npm run doctor -- <its address>");
    return EXIT.done;
  }
  const [callbackKeys, lookupTokens] = REQUIRED_SECRETS.map((name) => secrets[name] ?? process.env[name]);
  const known = { callbackKeys, lookupTokens, isTerminal };
  const result = await examineAt(address, known, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw new DeployError(`\nDeployed. The doctor was interrupted: npm run doctor -- ${address.url}`);
  });
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
