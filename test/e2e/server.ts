/** A real `wrangler dev` on loopback, with a database of its own that outlives it. Ends only what it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

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

/** How long a workerd that was killed may keep its database locked. */
const LOCKED_MILLISECONDS = 10_000;

/** Runs SQL on the database in a directory, in its file: `wrangler d1 execute` takes longer than most tests. */
export function execute(directory: string, sql: string): void {
  const databases = join(directory, "v3/d1/miniflare-D1DatabaseObject");
  const file = readdirSync(databases).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) ?? "";
  const database = new DatabaseSync(join(databases, file), { timeout: LOCKED_MILLISECONDS });
  database.exec(sql);
  database.close();
}

/** What `wrangler d1 migrations apply` does to an empty database. */
function migrate(directory: string): void {
  const folder = join(ROOT, "migrations");
  const names = readdirSync(folder).toSorted();
  execute(directory, names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n"));
  const applied = names.map((name) => `INSERT INTO d1_migrations (name) VALUES ('${name}');`);
  execute(directory, `CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT); ${applied.join(" ")}`);
}

/** Starts the receiver on a directory that is new, or holds the database of an earlier run. */
export async function startReceiver(directory: string, vars: Record<string, string> = {}): Promise<Receiver> {
  const isNew = !existsSync(join(directory, "v3"));
  const receiver = await startDev(directory, vars);
  if (isNew) {
    // The file of the database is made when it is first asked.
    await (await fetch(`${receiver.base}/readyz`)).body?.cancel();
    migrate(directory);
  }
  return receiver;
}

async function startDev(directory: string, vars: Record<string, string>): Promise<Receiver> {
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
