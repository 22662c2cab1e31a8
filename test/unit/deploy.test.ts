/** The deploy: its plan, and its run against a wrangler that only notes what it is told, since there is no account. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readWanted } from "../../tools/deploy/config.ts";
import { commandText, type Found, planDeploy } from "../../tools/deploy/plan.ts";
import { addressIn } from "../../tools/deploy/wrangler.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const WANTED = readWanted(join(ROOT, "wrangler.toml"), null);
const ALL: Found = { databases: ["other", "ci-callbacks"], secrets: ["CALLBACK_KEYS", "LOOKUP_TOKENS"] };

test("wrangler.toml names what a deploy goes by", () => {
  expect(WANTED).toEqual({
    database: { name: "ci-callbacks", binding: "DB" },
    secrets: ["CALLBACK_KEYS", "LOOKUP_TOKENS"],
    location: null,
  });
});

describe("the plan", () => {
  const commands = (found: Found, location: string | null = null) =>
    planDeploy(found, { ...WANTED, location }).map(commandText);

  const CREATE = "npx wrangler d1 create ci-callbacks";
  const MIGRATE = "npx wrangler d1 migrations apply DB --remote";
  const UPLOAD = "npx wrangler deploy";

  test.each<[name: string, found: Found, expected: string[]]>([
    ["of a new account", { databases: [], secrets: null }, [CREATE, MIGRATE, `${UPLOAD} --secrets-file <file>`]],
    ["of an upgrade", ALL, [MIGRATE, UPLOAD]],
    [
      "after a deploy that ended at the migrations",
      { ...ALL, secrets: null },
      [MIGRATE, `${UPLOAD} --secrets-file <file>`],
    ],
    [
      "of a Worker that lacks one secret",
      { ...ALL, secrets: ["CALLBACK_KEYS"] },
      [MIGRATE, `${UPLOAD} --secrets-file <file>`],
    ],
    ["of a Worker whose database was deleted", { ...ALL, databases: ["ci-callbacks-2"] }, [CREATE, MIGRATE, UPLOAD]],
  ])("%s", (_, found, expected) => {
    expect(commands(found)).toEqual(expected);
  });

  test("makes only the secrets that are missing: one that is set stays as it is", () => {
    expect(planDeploy({ ...ALL, secrets: ["LOOKUP_TOKENS"] }, WANTED).at(-1)?.secrets).toEqual(["CALLBACK_KEYS"]);
  });

  test("puts a new database where it is asked to, and leaves one that is there", () => {
    expect(commands({ databases: [], secrets: null }, "apac")[0]).toBe(`${CREATE} --location apac`);
    expect(commands(ALL, "apac")).toEqual([MIGRATE, UPLOAD]);
  });
});

describe("the address", () => {
  const addressOf = (...lines: object[]) => {
    const file = join(mkdtempSync(join(tmpdir(), "receiver-")), "output.ndjson");
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return addressIn(file);
  };
  const session = { type: "wrangler-session", version: 1 };

  test.each([
    [["https://r.team.workers.dev"], "https://r.team.workers.dev"],
    [["https://r.team.workers.dev", "callbacks.example.com (custom domain)"], "https://callbacks.example.com"],
    [["callbacks.example.com (custom domain - zone id: 1)", "schedule: */2 * * * *"], "https://callbacks.example.com"],
    [["schedule: */2 * * * *"], null],
  ])("of %j is %s", (targets, address) => {
    expect(addressOf(session, { type: "deploy", version: 1, targets })).toBe(address);
  });
});

/** What stands in for wrangler: says what the account has, notes each command with what it was given, and fails where told. */
const WRANGLER = `#!/usr/bin/env node
const { appendFileSync, readFileSync, statSync } = require("node:fs");
const { ACCOUNT, NOTES, WRANGLER_OUTPUT_FILE_PATH } = process.env;
const account = JSON.parse(ACCOUNT);
const args = process.argv.slice(2);
const line = args.join(" ");
if (line === "whoami --json") console.log(JSON.stringify({ loggedIn: account.loggedIn }));
else if (line === "d1 list --json") console.log(JSON.stringify(account.databases.map((name) => ({ name }))));
else if (line === "secret list --format json") {
  if (account.secrets === null) {
    console.error('Worker "ci-callback-receiver" not found.');
    process.exit(1);
  }
  console.log(JSON.stringify(account.secrets.map((name) => ({ name, type: "secret_text" }))));
} else {
  const at = args.indexOf("--secrets-file");
  const file = args[at + 1];
  const note = at === -1
    ? { line }
    : { line: args.slice(0, at).join(" "), file, mode: statSync(file).mode & 0o777, secrets: JSON.parse(readFileSync(file, "utf8")) };
  appendFileSync(NOTES, JSON.stringify(note) + "\\n");
  if (line.startsWith(account.fails)) process.exit(1);
  if (args[0] === "deploy") appendFileSync(WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ type: "deploy", targets: [account.address] }) + "\\n");
}
`;

interface Note {
  line: string;
  file?: string;
  mode?: number;
  secrets?: Record<string, string>;
}

async function deploy(account: object, env: Record<string, string> = {}, ...options: string[]) {
  // Answers at once, and is no receiver: what the doctor finds is not this test's business.
  const server = createServer((_, response) => void response.end("ok\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = mkdtempSync(join(tmpdir(), "receiver-"));
  writeFileSync(join(directory, "wrangler"), WRANGLER);
  chmodSync(join(directory, "wrangler"), 0o755);
  const notes = join(directory, "notes");
  writeFileSync(notes, "");
  const { CI: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ["tools/deploy.ts", ...options], {
    cwd: ROOT,
    env: {
      ...inherited,
      PATH: `${directory}:${process.env["PATH"]}`,
      NOTES: notes,
      ACCOUNT: JSON.stringify({ loggedIn: true, fails: "-", address, ...ALL, ...account }),
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  server.close();
  const lines = readFileSync(notes, "utf8").split("\n").slice(0, -1);
  return { code, output, notes: lines.map((line) => JSON.parse(line) as Note), address };
}

const NEW_ACCOUNT: Found = { databases: [], secrets: null };

describe("npm run deploy", () => {
  test("on a new account makes the database, then its tables, then the Worker with its secrets, which it shows once", async () => {
    const { output, notes, address } = await deploy(NEW_ACCOUNT);
    expect(notes.map(({ line }) => line)).toEqual([
      "d1 create ci-callbacks",
      "d1 migrations apply DB --remote",
      "deploy",
    ]);
    const { secrets = {}, mode, file = "" } = notes[2] as Note;
    expect(mode).toBe(0o600);
    expect(() => readFileSync(file)).toThrow("ENOENT");
    expect(Object.keys(secrets)).toEqual(["CALLBACK_KEYS", "LOOKUP_TOKENS"]);
    for (const secret of Object.values(secrets)) {
      expect(secret).toMatch(/^[\w-]{32}$/);
      expect(output.split(secret)).toHaveLength(2);
    }
    expect(secrets["CALLBACK_KEYS"]).not.toBe(secrets["LOOKUP_TOKENS"]);
    expect(output).toContain(`ok  reachable       ${address} answers`);
  });

  test("again applies the migrations before the upload, and touches no secret", async () => {
    const { notes, output } = await deploy({});
    expect(notes).toEqual([{ line: "d1 migrations apply DB --remote" }, { line: "deploy" }]);
    expect(output).not.toContain("shown this once");
  });

  test("uploads nothing when the migrations fail", async () => {
    const { code, notes, output } = await deploy({ fails: "d1 migrations" });
    expect(notes).toEqual([{ line: "d1 migrations apply DB --remote" }]);
    expect(output).toContain("wrangler d1 failed: see above.");
    expect(code).toBe(1);
  });

  test("shows secrets that may have been set, where the step that sets them fails", async () => {
    const { code, notes, output } = await deploy({ ...NEW_ACCOUNT, fails: "deploy" });
    const secrets = Object.values(notes[2]?.secrets ?? {});
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(output).toContain(secret);
    expect(code).toBe(1);
  });

  test("shows no secret where it fails before that step", async () => {
    const { code, output } = await deploy({ ...NEW_ACCOUNT, fails: "d1 create" });
    expect(output).not.toContain("shown this once");
    expect(code).toBe(1);
  });

  test("sets the secrets of the environment, and does not show those", async () => {
    const given = { CALLBACK_KEYS: "given-key,next-key", LOOKUP_TOKENS: "given-token" };
    const { notes, output } = await deploy(NEW_ACCOUNT, { ...given, CI: "true" });
    expect(notes[2]?.secrets).toEqual(given);
    expect(output).not.toMatch(/given-|next-/);
  });

  test("in CI makes none, and says so before it does anything", async () => {
    const { code, notes, output } = await deploy(NEW_ACCOUNT, { CI: "true" });
    expect([code, notes]).toEqual([1, []]);
    expect(output).toContain("CALLBACK_KEYS is not set, and what is made in CI would be shown in its log.");
  });

  test("needs a login", async () => {
    const { code, notes, output } = await deploy({ loggedIn: false });
    expect([code, notes, output]).toEqual([
      1,
      [],
      "Not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.\n",
    ]);
  });

  test("with --dry-run says what it would do, and does nothing", async () => {
    const { code, notes, output } = await deploy({ loggedIn: false }, {}, "--dry-run", "--location", "apac");
    expect([code, notes]).toEqual([0, []]);
    expect(output).toMatchInlineSnapshot(`
      "Not logged in, so this is the plan for a new account.

      Make the database ci-callbacks
        npx wrangler d1 create ci-callbacks --location apac
      Apply the migrations that it lacks
        npx wrangler d1 migrations apply DB --remote
      Make the Worker, and set CALLBACK_KEYS and LOOKUP_TOKENS
        npx wrangler deploy --secrets-file <file>
      Run the doctor
        npm run doctor -- <its address>
      "
    `);
  });

  test("refuses a location that is none", async () => {
    const { code, output } = await deploy({}, {}, "--location", "beijing");
    expect([code, output.split("\n")[0]]).toEqual([
      2,
      "--location beijing is none of wnam, enam, weur, eeur, apac, oc.",
    ]);
  });
});
