/** Runs wrangler, asks it what the account has, and reads what it says of a deploy. Decides nothing. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Found } from "./plan.ts";

/** As in CI, where wrangler asks nothing. */
const UNATTENDED = { CI: "true" };

export class DeployError extends Error {
  override readonly name = "DeployError";
}

/** Its standard output; a DeployError with all that it said where it fails. */
async function read(args: readonly string[]): Promise<string> {
  const { code, output, errors } = await run(args, "pipe");
  if (code !== 0) throw new DeployError(`wrangler ${args.join(" ")} failed:\n${output}${errors}`);
  return output;
}

/**
 * Runs it in front of the user; a DeployError where it fails. Only the upload may ask: an account without a
 * workers.dev name has to choose one.
 */
export async function show(args: readonly string[], outputFile: string): Promise<void> {
  const mayAsk = args[0] === "deploy";
  const env = { ...(mayAsk ? {} : UNATTENDED), WRANGLER_OUTPUT_FILE_PATH: outputFile };
  const { code } = await run(args, "inherit", env);
  if (code !== 0) throw new DeployError(`wrangler ${args[0]} failed: see above. What was done before it stays done.`);
}

function run(args: readonly string[], stdio: "pipe" | "inherit", more: Record<string, string> = UNATTENDED) {
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve, reject) => {
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", ...more };
    const wrangler = spawn("wrangler", args, { env, stdio: [stdio === "pipe" ? "ignore" : "inherit", stdio, stdio] });
    let output = "";
    let errors = "";
    wrangler.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    wrangler.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    wrangler.once("error", reject);
    wrangler.once("close", (code) => resolve({ code, output, errors }));
  });
}

export async function isLoggedIn(): Promise<boolean> {
  const { output } = await run(["whoami", "--json"], "pipe");
  return /"loggedIn":\s*true/.test(output);
}

export async function findInAccount(): Promise<Found> {
  const databases = JSON.parse(await read(["d1", "list", "--json"])) as { name: string }[];
  return { databases: databases.map(({ name }) => name), secrets: await findSecrets() };
}

async function findSecrets(): Promise<string[] | null> {
  const args = ["secret", "list", "--format", "json"];
  const { code, output, errors } = await run(args, "pipe");
  if (code === 0) return (JSON.parse(output) as { name: string }[]).map(({ name }) => name);
  if (/Worker ".*" .*not found/s.test(output + errors)) return null;
  throw new DeployError(`wrangler ${args.join(" ")} failed:\n${output}${errors}`);
}

/** Where the Worker answers, from the file that wrangler writes: a custom domain rather than workers.dev. */
export function addressIn(outputFile: string): string | null {
  const entries = readFileSync(outputFile, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; targets?: string[] });
  const targets = entries.findLast(({ type }) => type === "deploy")?.targets ?? [];
  const own = targets.find((target) => target.includes("(custom domain"));
  if (own !== undefined) return `https://${own.split(" ", 1)[0]}`;
  return targets.find((target) => /^https?:\/\//.test(target)) ?? null;
}
