/** Which account to deploy to: the one that is named, the only one, or the one that is chosen at the terminal. */
import { createInterface } from "node:readline/promises";
import type { Api } from "./api.ts";
import { type Account, listAccounts } from "./account.ts";
import { DeployError } from "./error.ts";

/** `named` is the id that the environment or wrangler.toml gives; the name is null where nobody was asked for it. */
export async function chooseAccount(
  api: Api,
  base: string | undefined,
  named: string | null,
  isTerminal: boolean,
  signal: AbortSignal,
): Promise<{ id: string; name: string | null }> {
  if (named !== null) return { id: named, name: null };
  const accounts = await listAccounts(api, base);
  if (!accounts.ok) throw new DeployError(accounts.error);
  const [first, ...others] = accounts.value;
  if (first !== undefined && others.length === 0) return first;
  const unasked = "Set CLOUDFLARE_ACCOUNT_ID, or account_id in wrangler.toml.";
  // Names are for a terminal only: a log is read by more people.
  if (!isTerminal)
    throw new DeployError(
      `The login is for several accounts: ${accounts.value.map(({ id }) => id).join(", ")}. ${unasked}`,
    );
  const chosen = await ask(accounts.value, signal);
  if (chosen === undefined) throw new DeployError(`No account was chosen, so nothing was done. ${unasked}`);
  return chosen;
}

async function ask(accounts: readonly Account[], signal: AbortSignal): Promise<Account | undefined> {
  console.log("The login is for several accounts:");
  for (const [at, { name, id }] of accounts.entries()) console.log(`  ${at + 1}  ${name} (${id})`);
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  try {
    const answer = await lines.question(`Select an account, 1 to ${accounts.length}: `, { signal });
    return accounts[Number(answer) - 1];
  } finally {
    lines.close();
  }
}
