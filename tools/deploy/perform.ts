/** Carries a plan out: runs wrangler step by step, and says what came of each. Decides no order. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, idsIn, newestDeployment } from "./account.ts";
import { adviceOn } from "./advice.ts";
import type { Api } from "./api.ts";
import { configToDeploy, DEPLOYED_CONFIG, type RawConfig, type Wanted } from "./config.ts";
import { DeployError } from "./error.ts";
import { dropPending, keepPending } from "./pending.ts";
import { commandText, type Found, type Step } from "./plan.ts";
import { namesText, newSecret, REQUIRED_SECRETS, secretLines, type SecretsToSet } from "./secrets.ts";
import { toToml } from "./toml.ts";
import { type Address, addressIn, failureIn, type Outcome, runWrangler, versionIn } from "./wrangler.ts";

export interface Job {
  api: Api;
  account: Pick<Account, "id">;
  raw: RawConfig;
  wanted: Wanted;
  found: Found;
  steps: readonly Step[];
  secrets: SecretsToSet;
  /** Where secrets are kept until they are seen in force. */
  pendingFile: string;
  isTerminal: boolean;
  signal: AbortSignal;
}

export interface Deployed {
  /** Where the Worker answers; null where wrangler names no address. */
  address: Address | null;
  /** The secrets that were sent. */
  sent: Readonly<Record<string, string>>;
}

/** Rejects with a DeployError that says what was done and what to do; or because of an interruption. */
export async function perform(job: Job): Promise<Deployed> {
  const directory = mkdtempSync(join(tmpdir(), "receiver-deploy-"));
  // Whatever ends this process, short of SIGKILL.
  process.once("exit", () => {
    rmSync(directory, { recursive: true, force: true });
    rmSync(DEPLOYED_CONFIG, { force: true });
  });
  const { account, signal, isTerminal } = job;
  const run = (step: Step, stdio: "read" | "show" | "ask", args = step.command): Promise<Outcome> =>
    runWrangler(args, {
      stdio,
      outputFile: join(directory, `${job.steps.indexOf(step)}.ndjson`),
      environment: { CLOUDFLARE_ACCOUNT_ID: account.id },
      signal,
    });
  for (const step of job.steps) {
    console.log(`\n${step.says}\n  ${commandText(step)}`);
    if (step.kind === "make") expectDone(await run(step, "read"));
    else await writeConfig(job);
    if (step.kind === "migrate") expectDone(await run(step, "show"));
    if (step.kind !== "upload") continue;
    const sent = announceSecrets(job);
    const file = join(directory, "secrets.json");
    writeFileSync(file, JSON.stringify(sent), { mode: 0o600 });
    const before = await newestDeployment(job.api, account.id, job.wanted.worker);
    const args = step.command.map((arg) => (arg === "<file>" ? file : arg));
    const outcome = await run(step, isTerminal ? "ask" : "show", args);
    await judgeUpload(job, outcome, before, sent);
    return { address: addressIn(outcome.entries), sent };
  }
  throw new Error("a plan ends with an upload");
}

function expectDone({ code, output, entries }: Outcome): void {
  if (code === 0) return;
  const failure = failureIn(entries);
  if (output !== "") console.error(output.trimEnd());
  const advice = adviceOn(failure, output);
  throw new DeployError(
    `That failed: ${advice || "wrangler says why, above."}\nThe Worker was not touched. Run npm run deploy again: it continues from here.`,
  );
}

/** The configuration with the ids that are there by now; those of what a later step makes are not. */
async function writeConfig({ api, account, raw, wanted, found }: Job): Promise<void> {
  const ids = await idsIn(api, account.id, found, wanted);
  if (ids.database === undefined)
    throw new DeployError(
      `Cloudflare does not list the database ${wanted.database.name} yet. Run npm run deploy again.`,
    );
  // TOML, since wrangler offers to change a configuration in JSON, and this one is deleted at the end.
  writeFileSync(DEPLOYED_CONFIG, toToml(configToDeploy(raw, wanted, ids)));
}

/** Makes the secrets that are to be made, keeps and shows them, and gives all that are to be sent. */
function announceSecrets({
  secrets: { given, pending, toMake },
  pendingFile,
  isTerminal,
}: Job): Record<string, string> {
  const made = { ...pending, ...Object.fromEntries(toMake.map((name) => [name, newSecret()])) };
  const names = Object.keys(made);
  if (names.length > 0) {
    keepPending(pendingFile, made);
    const origin = toMake.length > 0 ? "New secrets" : "The secrets that an earlier run made";
    if (isTerminal)
      console.log(
        `\n${origin}. Copy them now: once they are set, nobody can read them again. They are not in force yet.\n${secretLines(made)}\n`,
      );
    else console.log(`\n${namesText(names)}: made by an earlier run, and kept in ${pendingFile}.\n`);
  }
  return { ...given, ...made };
}

/** Says what an upload has led to, from what wrangler noted and from what the account has now. */
async function judgeUpload(job: Job, outcome: Outcome, before: string | null, sent: object): Promise<void> {
  const { api, account, wanted, pendingFile, secrets, isTerminal } = job;
  const names = Object.keys(sent);
  // Without a terminal nobody has seen those that were made: they stay for a run that can show them.
  const seen = isTerminal ? REQUIRED_SECRETS : Object.keys(secrets.given);
  const isMade = names.some((name) => secrets.toMake.includes(name) || name in secrets.pending);
  const inForce = names.length === 0 ? "" : `\n${namesText(names)}: set, and in force.`;
  if (outcome.code === 0 && versionIn(outcome.entries) !== null) {
    dropPending(pendingFile, seen);
    if (inForce !== "") console.log(inForce);
    return;
  }
  const after = await newestDeployment(api, account.id, wanted.worker).catch(() => before);
  const isLive = after !== null && after !== before;
  const failure = failureIn(outcome.entries);
  const reason =
    outcome.code === 0 ? "a question was answered with no." : adviceOn(failure) || "wrangler says why, above.";
  if (isLive) {
    dropPending(pendingFile, seen);
    throw new DeployError(`The new version is live, but not all of the deploy was done: ${reason}${inForce}
Run npm run deploy again after that: it does what is missing.`);
  }
  const notInForce = isMade ? " The secrets above are not in force: the next run sends the same ones." : "";
  throw new DeployError(
    `Nothing was uploaded: ${reason} The Worker is as it was.${notInForce}\nRun npm run deploy again: it continues from here.`,
  );
}
