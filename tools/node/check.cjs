/**
 * Fails, and says what to do, on a Node that cannot run the project. The package.json beside this file brings Node 24 to
 * Linux on x64; elsewhere npm scripts run on the machine's own Node. Written for any Node: it has to run on those
 * that it refuses.
 */
"use strict";

/** Runs TypeScript without a flag, and is late enough for wrangler and vitest. */
const OLDEST = [22, 18];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `This project needs Node ${OLDEST.join(".")} or later; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "On Linux (x64), run `npm install`, without --omit=optional: it brings Node 24.\n" +
      "Elsewhere, install Node 24 from https://nodejs.org.",
  );
  process.exit(1);
}
