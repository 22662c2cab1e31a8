/**
 * `node tools/check-size.ts`: fails when the built Worker, dist/index.js, is larger than its budget. A Worker starts on
 * the first request that reaches a place, so that every dependency is paid for by a sender who waits.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Of the compressed bundle, in KiB. The platform takes 3 MiB on the free plan. */
const BUDGET_KIB = 150;

const bundle = readFileSync(new URL("../dist/index.js", import.meta.url));
const gzipKib = gzipSync(bundle, { level: 9 }).length / 1024;
const figures = `${gzipKib.toFixed(1)} KiB gzip of ${BUDGET_KIB}`;
if (gzipKib <= BUDGET_KIB) console.log(`The Worker has ${figures}.`);
else {
  console.error(`The Worker is over its budget: ${figures}. See what came in: dist/index.js.map.`);
  process.exitCode = 1;
}
