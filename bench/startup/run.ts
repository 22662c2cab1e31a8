/** How large the Worker is, and how soon a cold one answers, against a Worker that does nothing. */
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { median, table, writeResults } from "../report.ts";
import type { Effort } from "../run.ts";
import { buildWorker, freePort, here, OURS, temporaryFolder } from "../serve/servers.ts";

const workerd = (createRequire(import.meta.url)("workerd") as { default: string }).default;

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const bundle = readFileSync(OURS);
  const modules = { ours: OURS, "empty Worker": here("../workers/empty.js") };
  const port = freePort();
  const milliseconds: Record<keyof typeof modules, number[]> = { ours: [], "empty Worker": [] };
  for (let round = 0; round < (quick ? 3 : 25); round += 1) {
    for (const name of ["ours", "empty Worker"] as const)
      milliseconds[name].push(await firstAnswer(modules[name], port));
  }
  const gzip = gzipSync(bundle, { level: 9 }).length / 1024;
  const [ours, empty] = [median(milliseconds.ours), median(milliseconds["empty Worker"])];
  const own = median(milliseconds.ours.map((ms, round) => ms - (milliseconds["empty Worker"][round] as number)));
  console.log(
    table(
      ["", "measured"],
      [
        ["bundle, KiB", bundle.length / 1024],
        ["bundle, KiB gzip", gzip],
        ["workerd's start to the first answer, ms", ours],
        ["the same with an empty Worker, ms", empty],
        ["so the Worker's own start, ms", own],
      ],
    ),
  );
  writeResults("startup", { bundleBytes: bundle.length, gzipBytes: gzip * 1024, milliseconds });
}

/** Milliseconds from the start of workerd, alone and with nothing but the Worker in it, until it has answered. */
async function firstAnswer(module: string, port: number): Promise<number> {
  const folder = temporaryFolder("startup");
  copyFileSync(module, `${folder}/index.js`);
  writeFileSync(`${folder}/config.capnp`, configOf(port));
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

const configOf = (port: number): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = "2026-11-01",
);
`;
