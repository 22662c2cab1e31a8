/**
 * Fails, and says what to do, on a Node that cannot run the project. Node 24 comes with the packages named in package.json
 * beside this file; on a platform without one, npm scripts run on the machine's own Node. Written for any Node: it has to
 * run on those that it refuses.
 */
"use strict";

/** Runs TypeScript without a flag, and is late enough for wrangler and vitest. */
const OLDEST = [22, 18];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `This project needs Node ${OLDEST.join(".")} or later; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "It brings Node 24 itself for Linux (x64, arm64) and Windows (x64), as optional packages: " +
      "there, run `npm install` without --omit=optional. Elsewhere, install Node 24 from https://nodejs.org.",
  );
  process.exit(1);
}
