/** What a listener keeps between runs: how far it got, what it posted last, and the secret it made. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, ok, type Result } from "../../src/callback/result.ts";

export interface ListenState {
  /** The base URL of the receiver that the cursor belongs to. */
  receiver: string;
  secret: string;
  /** Null before the first answer. */
  cursor: string | null;
  /** The ids that were posted last, oldest first. The cursor is that of a whole page, and a job may come again. */
  told: string[];
}

/** How many ids are kept. A page has 100 jobs. */
const TOLD_KEPT = 1_000;

export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** The state of the last run, or a new one. Fails if the file belongs to another receiver. */
export async function openState(file: string, base: URL): Promise<Result<ListenState, string>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") return fail(`${file}: ${(error as Error).message}`);
    return ok({ receiver: base.href, secret: newSecret(), cursor: null, told: [] });
  }
  const state = parseState(text);
  if (state === null) return fail(`${file} is not a state file of npm run listen. Delete it, or name another one.`);
  if (state.receiver !== base.href)
    return fail(`${file} belongs to ${state.receiver}, not to ${base.href}. Name another one with --state.`);
  return ok(state);
}

function parseState(text: string): ListenState | null {
  try {
    const { receiver, secret, cursor, told } = JSON.parse(text) as Record<string, unknown>;
    const isState =
      typeof receiver === "string" &&
      typeof secret === "string" &&
      (cursor === null || typeof cursor === "string") &&
      Array.isArray(told) &&
      told.every((id) => typeof id === "string");
    return isState ? { receiver, secret, cursor, told } : null;
  } catch {
    return null;
  }
}

/** Remembers that this was posted. */
export function addTold(state: ListenState, id: string): void {
  state.told = [...state.told.filter((other) => other !== id), id].slice(-TOLD_KEPT);
}

/**
 * Replaces the file in one step, so that a killed run leaves a complete one. It has a secret, so only you may read it.
 */
export async function saveState(file: string, state: ListenState): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const next = `${file}.next`;
  await writeFile(next, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(next, file);
}
