/** How large the Worker is, and how soon a cold one answers, against a Worker that does nothing. */
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { median, table, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { type Bundle, buildWorker } from "../serve/build.ts";
import { freePort, here, temporaryFolder } from "../serve/servers.ts";

const workerd = (createRequire(import.meta.url)("workerd") as { default: string }).default;

export async function run({ quick }: Effort): Promise<void> {
  const ours = buildWorker();
  const empty: Bundle = { entry: here("../workers/empty.js"), texts: [] };
  const modules = { ours, "empty Worker": empty };
  const port = freePort();
  const milliseconds: Record<keyof typeof modules, number[]> = { ours: [], "empty Worker": [] };
  for (let round = 0; round < (quick ? 3 : 25); round += 1) {
    for (const name of ["ours", "empty Worker"] as const)
      milliseconds[name].push(await firstAnswer(modules[name], port));
  }
  const files = [ours.entry, ...ours.texts].map((path) => readFileSync(path));
  const [bytes, gzipBytes] = [sumOf(files), sumOf(files.map((file) => gzipSync(file, { level: 9 })))];
  const own = median(milliseconds.ours.map((ms, round) => ms - (milliseconds["empty Worker"][round] as number)));
  console.log(
    table(
      ["", "measured"],
      [
        ["bundle, KiB", bytes / 1024],
        ["bundle, KiB gzip", gzipBytes / 1024],
        ["workerd's start to the first answer, ms", median(milliseconds.ours)],
        ["the same with an empty Worker, ms", median(milliseconds["empty Worker"])],
        ["so the Worker's own start, ms", own],
      ],
    ),
  );
  writeResults("startup", { bytes, gzipBytes, milliseconds });
}

/** Milliseconds from the start of workerd, alone and with nothing but the Worker in it, until it has answered. */
async function firstAnswer({ entry, texts }: Bundle, port: number): Promise<number> {
  const folder = temporaryFolder("startup");
  copyFileSync(entry, `${folder}/index.js`);
  for (const path of texts) copyFileSync(path, `${folder}/${basename(path)}`);
  const imported = texts.map((path) => basename(path));
  writeFileSync(`${folder}/config.capnp`, configOf(port, imported));
  const start = performance.now();
  const child = spawn(workerd, ["serve", `${folder}/config.capnp`], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    while (performance.now() - start < 10_000) {
      const status = await fetch(`http://127.0.0.1:${port}/livez`).then(
        (response) => response.status,
        () => null,
      );
      if (status === 200) return performance.now() - start;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error("workerd did not answer within ten seconds.");
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

const configOf = (port: number, texts: readonly string[]): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    ${texts.map((name) => `(name = "${name}", text = embed "${name}"),`).join("\n    ")}
  ],
  compatibilityDate = "2026-11-01",
);
`;

const sumOf = (files: readonly Buffer[]): number => files.reduce((sum, { length }) => sum + length, 0);
