/** The README's commands, run as they stand there against a real `npm run dev`, and their responses compared. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENVIRONMENT, freePort, pause, type Receiver, ROOT, watch } from "./server.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** Fenced blocks of one kind. */
const blocks = (kind: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] as string);

/** Each `$ command` with the response that stands under it. */
const EXAMPLES = blocks("console").map((block) => {
  const [command = "", ...response] = block.split("\n");
  return { command: command.replace(/^\$ /, ""), response: JSON.parse(response.join("\n")) as object };
});

/** A copy of what a clone has, but for the packages, which are installed once. */
function copyOfProject(): string {
  const directory = mkdtempSync(join(tmpdir(), "clone-"));
  for (const name of [
    "package.json",
    "wrangler.toml",
    "tsconfig.json",
    ".dev.vars.example",
    "src",
    "tools",
    "migrations",
    "examples",
  ]) {
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return directory;
}

describe("the README", () => {
  const clone = copyOfProject();
  let receiver: Receiver;
  let port = 0;

  const start = async (): Promise<Receiver> => {
    const args = ["run", "dev", "--", "--port", String(port), "--inspector-port", "0"];
    return watch(spawn("npm", args, { cwd: clone, env: ENVIRONMENT, detached: true }), `http://localhost:${port}`);
  };

  beforeAll(async () => {
    port = await freePort();
    receiver = await start();
  });
  afterAll(() => receiver.stop());

  test("starts the receiver with keys of its own, and says what to copy", async () => {
    expect(existsSync(join(clone, ".dev.vars"))).toBe(true);
    for (let tries = 0; tries < 100 && !receiver.output().includes("In a browser"); tries += 1) await pause(100);
    expect(receiver.output()).toContain(`http://localhost:${port}/callbacks/local-callback-key`);
    expect(receiver.output()).toContain(
      `curl -H "Authorization: Bearer local-lookup-token" http://localhost:${port}/jobs/<JobId>`,
    );
  });

  test("has the responses that its commands give", () => {
    expect(EXAMPLES.length).toBeGreaterThan(2);
    for (const { command, response } of EXAMPLES) {
      const here = command.replace("http://localhost:8787", receiver.base);
      expect(here).not.toBe(command);
      const { stdout } = spawnSync("bash", ["-c", here], { cwd: clone, encoding: "utf8" });
      expect(withoutTime(JSON.parse(stdout) as object)).toEqual(withoutTime(response));
    }
  });

  test("has a client's example that prints the words within a second of the callback", async () => {
    const [example = ""] = blocks("ts");
    const file = join(clone, "examples", "readme.ts");
    const jobId = `aReadme${Date.now()}`;
    const code = example
      .replace('"ci-callback-receiver/client"', '"../src/client/client.ts"')
      .replace("http://localhost:8787", receiver.base)
      .replace("ac34be3aa0bf411ed9ce39d7cc972e427", jobId);
    writeFileSync(file, code);
    const waiting = spawn(join(ROOT, "node_modules/.bin/node"), [file], { cwd: clone });
    let printed = "";
    waiting.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    waiting.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await pause(1_500);
    expect(printed).toBe("");
    const body = readFileSync(join(clone, "examples/segmentation.xml"), "utf8").replace(
      "ac34be3aa0bf411ed9ce39d7cc972e427",
      jobId,
    );
    await fetch(`${receiver.base}/callbacks/local-callback-key`, { method: "POST", body });
    const code_ = await new Promise((resolve) => waiting.once("exit", resolve));
    expect({ code: code_, printed }).toEqual({
      code: 0,
      printed: "今天 time word\n打车 verb\n花 verb\n60 non-Chinese string\n元 quantifier\n",
    });
  });

  test("has XML and JSON samples that give equal details", async () => {
    const details: unknown[] = [];
    for (const name of ["segmentation.xml", "segmentation.json"]) {
      const jobId = `aSample${details.length}`;
      const body = readFileSync(join(clone, "examples", name), "utf8").replace(
        "ac34be3aa0bf411ed9ce39d7cc972e427",
        jobId,
      );
      await fetch(`${receiver.base}/callbacks/local-callback-key`, { method: "POST", body });
      const response = await fetch(`${receiver.base}/jobs/${jobId}`, {
        headers: { authorization: "Bearer local-lookup-token" },
      });
      const { detail } = (await response.json()) as { detail: object };
      details.push({ ...detail, JobId: "" });
    }
    expect(details[0]).toEqual(details[1]);
  });

  test("keeps jobs and a changed .dev.vars when the receiver is stopped and started again", async () => {
    await receiver.stop();
    writeFileSync(join(clone, ".dev.vars"), "CALLBACK_KEYS=another-key\nLOOKUP_TOKENS=another-token\n");
    receiver = await start();
    const response = await fetch(`${receiver.base}/jobs/ac34be3aa0bf411ed9ce39d7cc972e427`, {
      headers: { authorization: "Bearer another-token" },
    });
    expect(await response.json()).toMatchObject({ jobId: "ac34be3aa0bf411ed9ce39d7cc972e427", state: "Success" });
    expect(readFileSync(join(clone, ".dev.vars"), "utf8")).toContain("another-key");
  });
});

/** The same without the one thing that differs from run to run. */
function withoutTime(response: object): object {
  return JSON.parse(
    JSON.stringify(response, (name, value: unknown) =>
      /^(?:received|firstReceived|updated)At$/.test(name) ? "" : value,
    ),
  ) as object;
}
