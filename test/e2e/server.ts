/** A real `wrangler dev` on loopback, with a database of its own that outlives it. Ends only what it started. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = new URL("../../", import.meta.url).pathname;

/** The environment in which wrangler asks nothing and sends nothing. */
export const ENVIRONMENT = {
  ...process.env,
  CI: "true",
  WRANGLER_SEND_METRICS: "false",
  PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
};

export const KEY = "local-callback-key";
export const TOKEN = "local-lookup-token";

export const newDirectory = (): string => mkdtempSync(join(tmpdir(), "receiver-"));

/** A port that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export interface Receiver {
  base: string;
  output: () => string;
  /** Kills workerd as a crash would, with no time to finish anything. */
  crash: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Runs SQL on the database in a directory. */
export const execute = (directory: string, sql: string): void =>
  wrangler("d1", "execute", "DB", "--local", "--persist-to", directory, "--yes", "--command", sql);

function wrangler(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync("wrangler", args, { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8" });
  if (status !== 0) throw new Error(stdout + stderr);
}

let migrated: string | undefined;

/** A directory with the tables and nothing in them. Receivers start on copies: making it takes longer than starting. */
function migratedDirectory(): string {
  if (migrated === undefined) {
    const directory = newDirectory();
    wrangler("d1", "migrations", "apply", "DB", "--local", "--persist-to", directory);
    migrated = directory;
  }
  return migrated;
}

/** Starts the receiver on a directory that may hold the database of an earlier run. */
export async function startReceiver(directory: string, vars: Record<string, string> = {}): Promise<Receiver> {
  if (!existsSync(join(directory, "v3"))) cpSync(migratedDirectory(), directory, { recursive: true });
  return startUnmigrated(directory, vars);
}

/** The same on whatever database there is. */
export async function startUnmigrated(directory: string, vars: Record<string, string> = {}): Promise<Receiver> {
  const port = await freePort();
  const settings = Object.entries({ CALLBACK_KEYS: KEY, LOOKUP_TOKENS: TOKEN, ...vars }).flatMap(([name, value]) => [
    "--var",
    `${name}:${value}`,
  ]);
  const args = [
    "dev",
    "--port",
    String(port),
    "--inspector-port",
    "0",
    "--persist-to",
    directory,
    "--show-interactive-dev-session=false",
    ...settings,
  ];
  return watch(spawn("wrangler", args, { cwd: ROOT, env: ENVIRONMENT, detached: true }), `http://127.0.0.1:${port}`);
}

/** Watches a process that serves there, until it answers. The process leads a group of its own, which ends with it. */
export async function watch(process_: ChildProcess, base: string): Promise<Receiver> {
  let output = "";
  process_.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  process_.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => process_.once("exit", () => resolve()));
  const pid = process_.pid ?? 0;

  const stop = async (): Promise<void> => {
    kill(-pid, "SIGKILL");
    await ended;
  };
  const receiver: Receiver = {
    base,
    output: () => output,
    crash: async () => {
      for (const workerd of descendants(pid).filter(({ name }) => name === "workerd")) kill(workerd.pid, "SIGKILL");
      await stop();
    },
    stop,
  };
  for (let tries = 0; tries < 600; tries += 1) {
    if (process_.exitCode !== null) throw new Error(`The receiver did not start:\n${output}`);
    const isUp = await fetch(`${base}/livez`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return receiver;
    await pause(100);
  }
  await stop();
  throw new Error(`The receiver did not answer:\n${output}`);
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The processes below one, from /proc: pid, and name as the kernel has it. */
function descendants(root: number): { pid: number; name: string }[] {
  const all = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${entry}/stat`, "utf8")) ?? [];
        return [{ pid: Number(entry), name, parent: Number(rest.split(" ")[1]) }];
      } catch {
        return [];
      }
    });
  const below = (pid: number): typeof all =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(root);
}
