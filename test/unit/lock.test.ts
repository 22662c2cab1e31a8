import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { type Lock, type LockedPackage, lockFaults } from "../../tools/lock/faults.ts";

const SOUND: LockedPackage = { integrity: "sha512-AAAA" };

/** A sound lock file, with one package changed. */
const lockWith = (entry: LockedPackage): Lock => ({
  packages: {
    "": {},
    "node_modules/a": SOUND,
    "node_modules/a/node_modules/@scope/b": entry,
    "node_modules/local": { resolved: "tools/local", link: true },
    "tools/local": {},
  },
});
const B = "node_modules/a/node_modules/@scope/b";

describe("a lock file", () => {
  test("is sound when each package of a registry has a hash; the project's own folders need none", () => {
    expect(lockFaults(lockWith(SOUND), {})).toEqual([]);
  });

  test.each<[string, LockedPackage, string]>([
    ["a package without a hash", {}, `${B} has no integrity hash.`],
    ["a package with a weak hash", { integrity: "sha1-AAAA" }, `${B} has a hash other than SHA-512.`],
    [
      "the address of a registry",
      { ...SOUND, resolved: "https://registry.example/b.tgz" },
      `${B} names where it was downloaded from.`,
    ],
    [
      "an install script that nobody forbade",
      { ...SOUND, hasInstallScript: true },
      `${B} has an install script, and allowScripts in package.json does not forbid it.`,
    ],
  ])("names %s", (_, entry, fault) => {
    expect(lockFaults(lockWith(entry), {})).toEqual([fault]);
  });

  test("may have an install script that is forbidden, and not one that is allowed", () => {
    const lock = lockWith({ ...SOUND, hasInstallScript: true });
    expect(lockFaults(lock, { "@scope/b": false })).toEqual([]);
    expect(lockFaults(lock, { "@scope/b": true })).toHaveLength(1);
  });
});

describe("the check of Node", () => {
  /** Runs it as if on another version of Node. */
  const checkAs = (version: string) =>
    spawnSync(
      process.execPath,
      [
        "--eval",
        `Object.defineProperty(process.versions, "node", { value: "${version}" }); require("./tools/node/check.cjs");`,
      ],
      { encoding: "utf8" },
    );

  test.each(["22.18.0", "24.0.0", "26.10.0"])("is silent on %s", (version) => {
    expect(checkAs(version)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test.each(["18.20.8", "20.20.2", "22.17.1"])("refuses %s, and says what to install", (version) => {
    const { status, stderr } = checkAs(version);
    expect(status).toBe(1);
    expect(stderr).toContain(`This project needs Node 22.18 or later; this is Node ${version} (`);
    expect(stderr).toContain("Elsewhere, install Node 24 from https://nodejs.org");
  });
});
