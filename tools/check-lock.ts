/**
 * `npm run lock`: fails if a lock file would let an unchecked download in: a package without a hash, the address of a
 * registry, or an install script that package.json does not forbid.
 */
import { readFileSync } from "node:fs";
import { type AllowScripts, type Lock, lockFaults } from "./lock/faults.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));

let count = 0;
for (const folder of ["", "bench/"]) {
  const lock = read(`${folder}package-lock.json`) as Lock;
  const { allowScripts = {} } = read(`${folder}package.json`) as { allowScripts?: AllowScripts };
  for (const fault of lockFaults(lock, allowScripts)) {
    console.error(`${folder}package-lock.json: ${fault}`);
    process.exitCode = 1;
  }
  count += Object.keys(lock.packages).length;
}
if (process.exitCode === 1) {
  console.error(
    "npm leaves hashes out when it makes the file from installed packages. To fill them in, delete those entries from the file and run `npm install --package-lock-only`.",
  );
} else console.log(`The lock files have a hash for each package (${count} entries).`);
