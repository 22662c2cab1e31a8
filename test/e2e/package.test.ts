/** What other programs import, as they would: packed, installed elsewhere, and run by plain Node. */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ENVIRONMENT, newDirectory, ROOT } from "./server.ts";

test("the client, the segmentation helpers and the reader can be imported from the package", () => {
  const directory = newDirectory();
  const run = (command: string, args: string[], cwd: string): string =>
    execFileSync(command, args, { cwd, env: ENVIRONMENT, encoding: "utf8" });
  const packed = JSON.parse(run("npm", ["pack", "--json", "--silent", "--pack-destination", directory], ROOT)) as
    | { filename: string; files: { path: string }[] }[]
    | Record<string, { filename: string; files: { path: string }[] }>;
  const [tarball] = Object.values(packed);
  expect(tarball?.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["dist/client.js", "dist/client.d.ts", "dist/callback/callback.js"]),
  );

  // Installed by hand, since an install would ask the registry for what is here already.
  const modules = join(directory, "node_modules");
  mkdirSync(join(modules, "ci-callback-receiver"), { recursive: true });
  run(
    "tar",
    [
      "xzf",
      join(directory, tarball?.filename ?? ""),
      "-C",
      join(modules, "ci-callback-receiver"),
      "--strip-components=1",
    ],
    directory,
  );
  symlinkSync(join(ROOT, "node_modules", "fast-xml-parser"), join(modules, "fast-xml-parser"));
  writeFileSync(
    join(directory, "program.mjs"),
    `import { createClient } from "ci-callback-receiver/client";
import { readSegmentation } from "ci-callback-receiver/segmentation";
import { parseCallback } from "ci-callback-receiver/callback";
const read = parseCallback(new TextEncoder().encode("<Response><JobsDetail><JobId>a1</JobId><Code>Success</Code></JobsDetail></Response>"));
console.log(typeof createClient, readSegmentation({ detail: null }), read.ok && read.value.jobs[0].state);`,
  );
  expect(run("node", ["program.mjs"], directory)).toBe("function null Success\n");
});
