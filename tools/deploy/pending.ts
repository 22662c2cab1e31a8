/**
 * Secrets that were made and not yet seen in force, in a file that only its owner may read. It is written before they
 * are shown and sent, and deleted when the upload is known to have set them: whatever ends a run, the next one has them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const OWNER_ONLY = 0o600;

/** One file for each Worker of each account; .wrangler/ is not committed. */
export const pendingPath = (accountId: string, worker: string): string =>
  join(".wrangler", "receiver", `${accountId}-${worker}.secrets.json`);

/** Empty where there are none, or where the file was damaged. */
export function readPending(path: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Object.fromEntries(
      Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}

export function keepPending(path: string, secrets: Readonly<Record<string, string>>): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify(secrets), { mode: OWNER_ONLY });
}

/** Forgets those of these names, and the file with the last of them. */
export function dropPending(path: string, names: readonly string[]): void {
  const rest = Object.entries(readPending(path)).filter(([name]) => !names.includes(name));
  if (rest.length === 0) rmSync(path, { force: true });
  else keepPending(path, Object.fromEntries(rest));
}
