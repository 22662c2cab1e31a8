/** Starts wrangler, and reads what it writes for programs. Decides nothing. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { DeployError } from "./error.ts";
import { wranglerCommand } from "./wrangler-script.ts";

export interface Outcome {
  code: number | null;
  /** Both streams, where they were not shown. */
  output: string;
  entries: readonly Entry[];
}

/** A line of the file that wrangler writes at WRANGLER_OUTPUT_FILE_PATH. */
export interface Entry {
  type: string;
  version_id?: string | null;
  targets?: string[];
  code?: number;
  message?: string;
}

interface How {
  /** Where its output goes: back to us, to the user, or to the user, who may be asked as well. */
  stdio: "read" | "show" | "ask";
  outputFile?: string;
  environment?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** Resolves when it has ended, however; on an interruption it is ended first, and then this rejects. */
export async function runWrangler(
  args: readonly string[],
  { stdio, outputFile, environment = {}, signal }: How,
): Promise<Outcome> {
  signal.throwIfAborted();
  const [program, programArgs] = wranglerCommand(args);
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", ...environment };
  // What is read must be nothing but the answer, whatever the user has set for the rest.
  if (stdio === "read") Object.assign(env, { WRANGLER_LOG: "log", FORCE_COLOR: "0" });
  if (outputFile !== undefined) Object.assign(env, { WRANGLER_OUTPUT_FILE_PATH: outputFile });
  const out = stdio === "read" ? "pipe" : "inherit";
  const outcome = await new Promise<Omit<Outcome, "entries">>((resolve, reject) => {
    const child = spawn(program, programArgs, { env, stdio: [stdio === "ask" ? "inherit" : "ignore", out, out] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const end = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", end);
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      resolve({ code, output });
    });
  });
  signal.throwIfAborted();
  return { ...outcome, entries: outputFile === undefined ? [] : readEntries(outputFile) };
}

function readEntries(file: string): Entry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Entry);
}

/** Headers that authenticate, from the environment or the login that wrangler keeps; null where there is none. */
export async function readLogin(signal: AbortSignal): Promise<Record<string, string> | null> {
  const { code, output } = await runWrangler(["auth", "token", "--json"], { stdio: "read", signal });
  if (code !== 0) {
    if (output.includes("Not logged in")) return null;
    throw new DeployError(`The login cannot be read. Run \`npx wrangler login\` again.\n${output.trim()}`);
  }
  const said = JSON.parse(output) as { token?: string; key?: string; email?: string };
  return said.token === undefined
    ? { "x-auth-key": said.key ?? "", "x-auth-email": said.email ?? "" }
    : { authorization: `Bearer ${said.token}` };
}

/** What went wrong, as wrangler noted it for programs; null where it noted nothing. */
export const failureIn = (entries: readonly Entry[]): Entry | null =>
  entries.findLast(({ type }) => type === "command-failed") ?? null;

/** The version that was uploaded; null where a question was answered with no, or nothing was uploaded. */
export const versionIn = (entries: readonly Entry[]): string | null =>
  entries.findLast(({ type }) => type === "deploy")?.version_id ?? null;

export interface Address {
  url: string;
  /** A route needs a DNS record of the user's own; the others get theirs from Cloudflare. */
  kind: "custom domain" | "route" | "workers.dev";
}

/** Where the Worker answers: its custom domain, else the host of its route, else its workers.dev address. */
export function addressIn(entries: readonly Entry[]): Address | null {
  const targets = entries.findLast(({ type }) => type === "deploy")?.targets ?? [];
  const domain = targets.find((target) => target.includes("(custom domain"));
  if (domain !== undefined) return { url: `https://${domain.split(" ", 1)[0]}`, kind: "custom domain" };
  const host = targets.map((target) => /^([a-z0-9.-]+)\/\*(?: \(zone .*)?$/i.exec(target)?.[1]).find(Boolean);
  if (host !== undefined) return { url: `https://${host}`, kind: "route" };
  const own = targets.find((target) => /^https?:\/\//.test(target));
  return own === undefined ? null : { url: own, kind: "workers.dev" };
}
