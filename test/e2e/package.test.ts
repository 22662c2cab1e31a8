/** What other programs import, as they would: packed, installed by npm, type-checked and run by plain Node. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENVIRONMENT, newDirectory, ROOT } from "./server.ts";

interface Manifest {
  exports: Record<string, { types: string; default: string } | string>;
  typesVersions: { "*": Record<string, string[]> };
}

const BUILT = "dist/package/";

/** An import of a module in emitted code, be it of types. */
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, env: ENVIRONMENT, encoding: "utf8" });

function pack(): { path: string; shasum: string; files: string[] } {
  const directory = newDirectory();
  const packed = JSON.parse(run("npm", ["pack", "--json", "--silent", "--pack-destination", directory], ROOT)) as
    | Record<string, { filename: string; shasum: string; files: { path: string }[] }>
    | { filename: string; shasum: string; files: { path: string }[] }[];
  const [tarball] = Object.values(packed);
  if (tarball === undefined) throw new Error("npm pack packed nothing.");
  const { filename, shasum, files } = tarball;
  return { path: join(directory, filename), shasum, files: files.map(({ path }) => path) };
}

describe("the package", () => {
  const used = join(ROOT, "dist");
  let tarball: ReturnType<typeof pack>;
  let consumer: string;
  let installed: string;
  let manifest: Manifest;

  beforeAll(() => {
    rmSync(used, { recursive: true, force: true });
    tarball = pack();
    consumer = newDirectory();
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
    run("npm", ["install", "--offline", "--no-save", "--silent", tarball.path], consumer);
    installed = join(consumer, "node_modules", "ci-callback-receiver");
    manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Manifest;
  });

  afterAll(() => rmSync(join(used, "package"), { recursive: true, force: true }));

  const entries = () => Object.values(manifest.exports).filter((entry) => typeof entry !== "string");

  test("installs without a registry, and brings no other package", () => {
    const modules = readdirSync(join(consumer, "node_modules")).filter((name) => !name.startsWith("."));
    expect(modules).toEqual(["ci-callback-receiver"]);
  });

  test("is the same from a tree that has been used", () => {
    mkdirSync(join(used, "package"), { recursive: true });
    for (const left of ["index.js", "openapi.json", "package/left-over.js"])
      writeFileSync(join(used, left), "left over");
    expect(pack().shasum).toBe(tarball.shasum);
    for (const left of ["index.js", "openapi.json"]) rmSync(join(used, left));
  });

  test("holds what its exports need, and no more", () => {
    const needed = new Set<string>();
    const foreign = new Set<string>();
    const need = (file: string): void => {
      if (needed.has(file)) return;
      needed.add(file);
      for (const [, imported = ""] of readFileSync(join(installed, file), "utf8").matchAll(IMPORT)) {
        if (imported.startsWith(".")) need(fileOf(file, imported));
        else foreign.add(`${file}: ${imported}`);
      }
    };
    for (const entry of entries()) for (const file of [entry.types, entry.default]) need(file.slice("./".length));
    expect([...foreign]).toEqual([`${BUILT}callback/xml.js: fast-xml-parser`]);
    const moduleOf = (file: string): string => file.replace(/\.(?:d\.ts|js)$/, "");
    const built = tarball.files.filter((file) => file.startsWith(BUILT)).map(moduleOf);
    expect([...new Set(built)].toSorted()).toEqual([...new Set([...needed].map(moduleOf))].toSorted());
    expect(tarball.files.filter((file) => !file.startsWith(BUILT)).toSorted()).toEqual(
      ["LICENSE", "README.md", "docs/client.md", "docs/results.md", "package.json"].toSorted(),
    );
  });

  /** What a relative import means. Declarations name modules by their source, `./job.ts`. */
  const fileOf = (from: string, imported: string): string => {
    const path = relative(".", join(dirname(from), imported));
    return from.endsWith(".d.ts") ? path.replace(/\.[jt]s$/, ".d.ts") : path;
  };

  test.each([
    ["bundler", "esnext"],
    ["nodenext", "nodenext"],
  ])("has types for programs that resolve modules by %s", (moduleResolution, module) => {
    writeFileSync(join(consumer, "program.ts"), PROGRAM);
    const options = { module, moduleResolution, strict: true, noEmit: true, target: "es2023", lib: ["es2024", "dom"] };
    const config = { compilerOptions: { ...options, types: [], skipLibCheck: false }, files: ["program.ts"] };
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(config));
    expect(check()).toBe("");
    writeFileSync(join(consumer, "program.ts"), PROGRAM.replace('"Transcode"', '"transcode"'));
    expect(check()).toContain("TS2367");
  });

  const check = (): string => {
    try {
      return run("tsc", ["-p", "."], consumer);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };

  test("has types for programs that resolve modules by node10, which TypeScript 7 no longer can", () => {
    // Such a compiler knows no `exports`. It takes the path after the package's name through `typesVersions`.
    const types = Object.entries(manifest.exports).flatMap(([name, entry]) =>
      typeof entry === "string" ? [] : [[name.slice("./".length), [entry.types]]],
    );
    expect(manifest.typesVersions).toEqual({ "*": Object.fromEntries(types) });
    expect(entries().filter(({ types }) => !existsSync(join(installed, types)))).toEqual([]);
  });

  test("runs in plain Node; reading callbacks takes fast-xml-parser beside it", () => {
    writeFileSync(
      join(consumer, "program.mjs"),
      `import { createClient } from "ci-callback-receiver/client";
import { readResult } from "ci-callback-receiver/results";
import { readSegmentation } from "ci-callback-receiver/segmentation";
const reader = await import("ci-callback-receiver/callback").catch((error) => error.code);
const read = reader.parseCallback?.("<Response><JobsDetail><JobId>a1</JobId><Code>Success</Code></JobsDetail></Response>");
console.log(typeof createClient, readSegmentation({ detail: null }), readResult({ tag: "Tts", event: null, detail: null }));
console.log(read?.value.jobs[0].state ?? reader);`,
    );
    const program = () => run("node", ["program.mjs"], consumer);
    expect(program()).toBe("function null null\nERR_MODULE_NOT_FOUND\n");
    symlinkSync(join(ROOT, "node_modules", "fast-xml-parser"), join(consumer, "node_modules", "fast-xml-parser"));
    expect(program()).toBe("function null null\nSuccess\n");
  });
});

/** A consumer, which uses the types of each export. */
const PROGRAM = `
import { createClient, isTag, type Job } from "ci-callback-receiver/client";
import { type MediaResult, readMedia, readResult } from "ci-callback-receiver/results";
import { readSegmentation, textOf } from "ci-callback-receiver/segmentation";
import { parseCallback } from "ci-callback-receiver/callback";

declare const job: Job;
const operation = job.tag === "Transcode" ? job.detail?.Operation : undefined;
const info = operation ? operation.MediaInfo : undefined;
switch (job.tag) {
  case "Tts":
    job.tag satisfies "Tts";
    break;
  case null:
    job.detail satisfies object | null;
}
const media: MediaResult | null = readMedia(job);
const read = parseCallback("<a/>");
const families = read.ok ? read.value.jobs.map((each) => readResult(each)?.family) : read.error.kind;
const text: string = textOf(readSegmentation(job)?.tokens ?? []);
export { createClient, families, info, isTag, media, text };
`;
