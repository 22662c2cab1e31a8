/** The servers that are compared: started and ended here, each a process of its own on loopback. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { OUR_MIGRATIONS, ours } from "./build.ts";
import type { Dialect } from "./dialects.ts";
import type { Load, LoadOptions } from "./load.ts";
import type { WorkerHostOptions } from "./worker-host.ts";

export interface Server {
  name: string;
  dialect: Dialect;
  port: number;
  /** The process whose CPU time and memory are looked at; null if the system does not tell. */
  pid: number | null;
  stop(): Promise<void>;
}

export interface MeasuredLoad extends Load {
  /** CPU milliseconds of the server for one request; null if the system does not tell. */
  cpuPerRequest: number | null;
}

/** Ports on loopback, one after the other from BENCH_PORT. */
let nextPort = Number(process.env["BENCH_PORT"] ?? 8850);
export const freePort = (): number => nextPort++;

export const here = (path: string): string => new URL(path, import.meta.url).pathname;

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when the benchmark is. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(`${tmpdir()}/ci-bench-${name}-`);
  folders.push(folder);
  return folder;
}

type WorkerOptions = Pick<WorkerHostOptions, "modules" | "migrations"> & Partial<WorkerHostOptions>;

export async function startWorker(name: string, dialect: Dialect, options: WorkerOptions): Promise<Server> {
  return startHost(name, dialect, "worker-host.ts", {
    texts: [],
    folder: temporaryFolder(dialect),
    fresh: true,
    ...options,
  });
}

export function startOurs(folder = temporaryFolder("ours"), fresh = true): Promise<Server> {
  const { entry, texts } = ours();
  return startWorker("ours", "ours", { modules: [entry], texts, migrations: OUR_MIGRATIONS, folder, fresh });
}

export const startBare = (): Promise<Server> =>
  startWorker("bare Worker", "bare", {
    modules: [here("../workers/bare.js")],
    migrations: [here("../workers/bare.sql")],
  });

/** Ours on a database that answers at once. */
export function startInstant(): Promise<Server> {
  const { entry, texts } = ours();
  const modules = [here("../workers/instant-d1.js"), entry];
  return startWorker("ours, without D1", "ours", { modules, texts, migrations: OUR_MIGRATIONS });
}

/** Ours on a database whose written rows are counted. */
export function startCounted(folder: string): Promise<Server> {
  const { entry, texts } = ours();
  const modules = [here("../workers/counted-d1.js"), entry];
  return startWorker("ours, counted", "ours", { modules, texts, migrations: OUR_MIGRATIONS, folder });
}

/** Ours as the consumer of its queue: a request to it stores batches. */
export function startConsumer(): Promise<Server> {
  const { entry, texts } = ours();
  const modules = [here("../workers/consumer.js"), entry];
  return startWorker("our consumer", "ours", { modules, texts, migrations: OUR_MIGRATIONS });
}

/** Settings of a receiver that tells this endpoint. */
const telling = (url: string) => ({
  FORWARD_URLS: url,
  FORWARD_SECRETS: `whsec_${btoa("a secret of thirty-two bytes, ok")}`,
});

/** Ours with forwarding on. */
export function startTelling(url: string, more: Record<string, string> = {}): Promise<Server> {
  const { entry, texts } = ours();
  const options = { modules: [entry], texts, migrations: OUR_MIGRATIONS, bindings: { ...telling(url), ...more } };
  return startWorker("ours, telling", "ours", options);
}

/** The same as the consumer of its queue of events: a request to it tells events that wait. */
export function startTeller(url: string): Promise<Server> {
  const { entry, texts } = ours();
  const modules = [here("../workers/teller.js"), entry];
  const bindings = { ...telling(url), UPKEEP_OPERATIONS: "10000" };
  return startWorker("our teller", "ours", { modules, texts, migrations: OUR_MIGRATIONS, bindings });
}

/** Nothing but a request in and an answer out. */
export const startEmpty = (): Promise<Server> =>
  startWorker("empty Worker", "ours", { modules: [here("../workers/empty.js")], migrations: [] });

export const startExpress = (): Promise<Server> =>
  startHost("Express, xml2js, SQLite", "express", "express-host.ts", { folder: temporaryFolder("express") });

/** adnanh/webhook as Debian has it, which runs a command for each callback: here one that keeps the bytes in a file. */
export async function startWebhook(): Promise<Server> {
  const folder = temporaryFolder("webhook");
  const port = freePort();
  const bodies = `${folder}/bodies`;
  mkdirSync(bodies);
  writeFileSync(`${folder}/keep.sh`, `#!/bin/sh\nprintf %s "$BODY" > "${bodies}/$$"\n`, { mode: 0o755 });
  const hook = {
    id: "callbacks",
    "execute-command": `${folder}/keep.sh`,
    "include-command-output-in-response": true,
    "pass-environment-to-command": [{ source: "raw-request-body", envname: "BODY" }],
  };
  writeFileSync(`${folder}/hooks.json`, JSON.stringify([hook]));
  const child = spawn("webhook", ["-hooks", `${folder}/hooks.json`, "-ip", "127.0.0.1", "-port", String(port)], {
    stdio: "ignore",
  });
  children.add(child);
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  await untilAnswered(port);
  return { name: "adnanh/webhook", dialect: "webhook", port, pid: child.pid ?? null, stop: () => end(child) };
}

async function untilAnswered(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing answers on port ${port}.`);
}

async function startHost(name: string, dialect: Dialect, file: string, options: object): Promise<Server> {
  const port = freePort();
  const child = spawn(process.execPath, ["--no-warnings", here(file), JSON.stringify({ port, ...options })], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.add(child);
  const lines = createInterface({ input: child.stdout });
  const pid = await new Promise<number | null>((resolve, reject) => {
    lines.on("line", (line) => {
      if (line.startsWith('{"pid"')) resolve((JSON.parse(line) as { pid: number | null }).pid);
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it answered.`)));
  });
  return { name, dialect, port, pid, stop: () => end(child) };
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGTERM");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

export type LoadKind = Omit<LoadOptions, "port" | "dialect">;

/** One load on one server, in a process of its own. */
export async function load(server: Server, kind: LoadKind): Promise<MeasuredLoad> {
  const options: LoadOptions = { port: server.port, dialect: server.dialect, ...kind };
  const before = cpuMilliseconds(server.pid);
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--no-warnings",
    here("load.ts"),
    JSON.stringify(options),
  ]);
  const after = cpuMilliseconds(server.pid);
  const measured = JSON.parse(stdout) as Load;
  if (measured.failures > 0)
    throw new Error(`${server.name} failed ${measured.failures} of ${measured.requests} requests.`);
  return {
    ...measured,
    cpuPerRequest: before === null || after === null ? null : (after - before) / measured.requests,
  };
}

/** User and system time of a process, all threads, to 10 ms. */
function cpuMilliseconds(pid: number | null): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

/** Most memory a process has had at once, in MiB. */
export function peakMemory(pid: number | null): number | null {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return null;
  }
}
