/**
 * `node tools/check-size.ts`: fails if the built Worker (dist/index.js and the texts it imports) is larger than its
 * budget. A Worker starts with the first request that reaches a location, and the sender waits while everything is
 * loaded.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/**
 * The size of all its modules, compressed together as wrangler does for the figure that it prints, in KiB. The free
 * plan allows 3 MiB.
 */
const BUDGET_KIB = 169;

const dist = new URL("../dist/", import.meta.url);
const code = readFileSync(new URL("index.js", dist));
const imported = readdirSync(dist).filter((name) => code.includes(`"./${name}"`));
const modules = Buffer.concat([code, ...imported.map((name) => readFileSync(new URL(name, dist)))]);
const gzipKib = gzipSync(modules, { level: 9 }).length / 1024;
const figures = `${gzipKib.toFixed(1)} KiB gzip of ${BUDGET_KIB}`;
if (gzipKib <= BUDGET_KIB) console.log(`The Worker has ${figures}.`);
else {
  console.error(`The Worker is over its budget: ${figures}. See what came in: dist/index.js.map.`);
  process.exitCode = 1;
}
