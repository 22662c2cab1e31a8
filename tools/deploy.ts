/**
 * Deploys to your account: the database, its migrations, the KV namespace, then the Worker with its secrets, and the
 * doctor at the end. Every run finds out what is there and does what is missing. Usage: npm run deploy -- --help
 */
import { setGlobalProxyFromEnv } from "node:http";
import { readConfig, type RawConfig, type Wanted, wantedOf } from "./deploy/config.ts";
import { DeployError } from "./deploy/error.ts";
import { type Interruption, watchSignals } from "./deploy/interruption.ts";
import { HELP, readOptions } from "./deploy/options.ts";
import { deploy, EXIT, printPlanForNewAccount } from "./deploy/run.ts";
import { settingFaults, unknownVars } from "./deploy/settings.ts";
import { readLogin } from "./deploy/wrangler.ts";

const CONFIG = "wrangler.toml";

/** What is piped, or run by CI, is kept in a log: nobody can be asked there, and no secret shown. */
const IS_TERMINAL = process.stdin.isTTY && process.stdout.isTTY && ["", "false"].includes(process.env["CI"] ?? "");

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
  const order = { ...(await readWanted()), options: options.value, isTerminal: IS_TERMINAL, signal };
  const login = await readLogin(signal);
  if (login !== null) return deploy(order, login);
  if (!options.value.dryRun)
    throw new DeployError("Not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.");
  console.log("Not logged in, so this is the plan for a new account.\n");
  return printPlanForNewAccount(order);
}

/** What wrangler.toml says, once the receiver's own settings in it are known to be allowed. */
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
