/** What a deploy does with what it finds: its steps, its secrets, and whose a database is. */
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentsFrom } from "../../tools/deploy/account.ts";
import type { RawConfig } from "../../tools/deploy/config.ts";
import { readOptions } from "../../tools/deploy/options.ts";
import { dropPending, keepPending, pendingPath, readPending } from "../../tools/deploy/pending.ts";
import { type Circumstances, commandText, type Found, NOTHING, planDeploy } from "../../tools/deploy/plan.ts";
import { newSecret, planSecrets } from "../../tools/deploy/secrets.ts";
import { isRedacted } from "../../tools/doctor/key.ts";
import { valueOf, wanted, WANTED } from "./deploy-wanted.ts";

const OPTIONS = valueOf(readOptions([]));
if (OPTIONS === "help") throw new Error("no options are not --help");
const NO_SECRETS = { given: {}, pending: {}, toMake: [], ignored: [] };
const AT_TERMINAL: Circumstances = { options: OPTIONS, secrets: NO_SECRETS, isTerminal: true };
const MAKING = { ...AT_TERMINAL, secrets: { ...NO_SECRETS, toMake: ["CALLBACK_KEYS", "LOOKUP_TOKENS"] } };

const DEPLOYED: Found = {
  ...NOTHING,
  worker: { secrets: ["CALLBACK_KEYS", "LOOKUP_TOKENS"], databaseId: "d", namespaceId: "k" },
  database: { id: "d", name: "ci-callback-receiver-db", contents: "ours", isBound: true },
  namespace: { id: "k" },
};

describe("the plan", () => {
  const commands = (found: Found, circumstances: Circumstances = AT_TERMINAL): string[] =>
    planDeploy(found, WANTED, circumstances).steps.map((step) => commandText(step).replace("npx wrangler ", ""));

  const DATABASE = "d1 create ci-callback-receiver-db";
  const MIGRATE = "d1 migrations apply DB --remote --config wrangler.deploy.toml";
  const NAMESPACE = "kv namespace create ci-callback-receiver-kv";
  const UPLOAD = "deploy --config wrangler.deploy.toml";
  const WITH_SECRETS = `${UPLOAD} --secrets-file <file>`;

  test.each<[name: string, found: Found, circumstances: Circumstances, expected: string[]]>([
    ["of a new account", NOTHING, MAKING, [DATABASE, MIGRATE, NAMESPACE, WITH_SECRETS]],
    ["of an upgrade", DEPLOYED, AT_TERMINAL, [MIGRATE, UPLOAD]],
    ["after the namespace was deleted", { ...DEPLOYED, namespace: null }, AT_TERMINAL, [MIGRATE, NAMESPACE, UPLOAD]],
    ["after the database was deleted", { ...DEPLOYED, database: null }, AT_TERMINAL, [DATABASE, MIGRATE, UPLOAD]],
    ["after the Worker was deleted", { ...DEPLOYED, worker: null }, MAKING, [MIGRATE, WITH_SECRETS]],
  ])("%s", (_, found, circumstances, expected) => {
    expect(commands(found, circumstances)).toEqual(expected);
    expect(planDeploy(found, WANTED, circumstances).refusals).toEqual([]);
  });

  test("puts a new database where it is asked to", () => {
    const circumstances = { ...AT_TERMINAL, options: { ...OPTIONS, location: "apac" } };
    expect(commands(NOTHING, circumstances)[0]).toBe(`${DATABASE} --location apac`);
    expect(planDeploy(DEPLOYED, WANTED, circumstances).notes).toEqual([
      "--location has no effect: the database ci-callback-receiver-db is there, and stays where it is.",
    ]);
  });

  test("creates only the queues that are missing, before the Worker", () => {
    const queued = wanted({ vars: { INTAKE: "queue" } });
    const queues = [{ name: "ci-callback-receiver-callbacks-dead-letters", consumer: null }];
    const says = planDeploy({ ...DEPLOYED, queues }, queued, AT_TERMINAL).steps.map((step) => step.says);
    expect(says.slice(1)).toEqual([
      "Create the queue ci-callback-receiver-callbacks",
      "Upload the Worker ci-callback-receiver",
    ]);
  });

  test.each<[name: string, found: Partial<Found>, changes: Partial<RawConfig>, refusal: RegExp | null]>([
    [
      "a foreign database",
      { database: { id: "d", name: "n", contents: "foreign", isBound: false } },
      {},
      /another project/,
    ],
    ["a foreign table beside ours", { database: { id: "d", name: "n", contents: "foreign", isBound: true } }, {}, null],
    [
      "a database of this Worker's name",
      { database: { id: "d", name: "n", contents: "ours", isBound: false } },
      {},
      null,
    ],
    [
      "a database that is named, and another receiver's",
      { database: { id: "d", name: "n", contents: "ours", isBound: false } },
      { d1_databases: [{ binding: "DB", database_name: "n" }] },
      /--adopt/,
    ],
    [
      "a database that is given by id",
      { database: { id: "d", name: "n", contents: "ours", isBound: false } },
      { d1_databases: [{ binding: "DB", database_name: "n", database_id: "d" }] },
      null,
    ],
    ["a queue of another Worker", { queues: [{ name: "q", consumer: "other" }] }, {}, /consumed by the Worker other/],
    ["a queue of this Worker", { queues: [{ name: "q", consumer: "ci-callback-receiver" }] }, {}, null],
  ])("with %s", (_, found, changes, refusal) => {
    const { refusals } = planDeploy({ ...DEPLOYED, ...found }, wanted(changes), AT_TERMINAL);
    expect(refusals).toEqual(refusal === null ? [] : [expect.stringMatching(refusal)]);
  });

  test("does not publish where nobody can be asked and it cannot be known what is there", () => {
    const domain = wanted({ routes: [{ pattern: "a.example.com", custom_domain: true }] });
    const found: Found = { ...DEPLOYED, domains: { isKnown: false } };
    const unattended = { ...AT_TERMINAL, isTerminal: false };
    expect(planDeploy(found, domain, unattended).refusals).toEqual([expect.stringMatching(/could not be asked/)]);
    expect(planDeploy(found, domain, AT_TERMINAL).refusals).toEqual([]);
    const told = { ...unattended, options: { ...OPTIONS, overrideDns: true } };
    expect(planDeploy(found, domain, told).refusals).toEqual([]);
  });
});

describe("secrets", () => {
  const given = { CALLBACK_KEYS: "given", LOOKUP_TOKENS: " " };
  const set = ["CALLBACK_KEYS"];

  test.each([
    ["none anywhere", {}, { toMake: ["CALLBACK_KEYS", "LOOKUP_TOKENS"] }],
    [
      "one in the environment",
      { environment: given },
      { given: { CALLBACK_KEYS: "given" }, toMake: ["LOOKUP_TOKENS"] },
    ],
    ["one set", { set }, { toMake: ["LOOKUP_TOKENS"] }],
    [
      "one set and in the environment",
      { set, environment: given },
      { ignored: ["CALLBACK_KEYS"], toMake: ["LOOKUP_TOKENS"] },
    ],
    [
      "both made by an earlier run, and one set since",
      { set, pending: { CALLBACK_KEYS: "a", LOOKUP_TOKENS: "b" } },
      { pending: { LOOKUP_TOKENS: "b" } },
    ],
    [
      "one to be replaced by the environment's, and one by a new one",
      { set: ["CALLBACK_KEYS", "LOOKUP_TOKENS"], environment: given, pending: { LOOKUP_TOKENS: "b" }, replace: true },
      { given: { CALLBACK_KEYS: "given" }, toMake: ["LOOKUP_TOKENS"] },
    ],
  ])("%s", (_, sources, expected) => {
    const plan = planSecrets({ set: [], environment: {}, pending: {}, replace: false, ...sources });
    expect(plan).toEqual({ ...NO_SECRETS, ...expected });
  });

  test("that are made have the shape that Cloudflare's logs redact, and are not the same twice", () => {
    const [first, second] = [newSecret(), newSecret()];
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(isRedacted(first)).toBe(true);
    expect(first).not.toBe(second);
  });

  test("that are kept can be read by their owner only, and are forgotten by name", () => {
    const file = join(mkdtempSync(join(tmpdir(), "receiver-")), pendingPath("account", "worker"));
    expect(readPending(file)).toEqual({});
    keepPending(file, { CALLBACK_KEYS: "a", LOOKUP_TOKENS: "b" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    dropPending(file, ["CALLBACK_KEYS"]);
    expect([readPending(file), statSync(file).mode & 0o777]).toEqual([{ LOOKUP_TOKENS: "b" }, 0o600]);
    dropPending(file, ["LOOKUP_TOKENS"]);
    expect(readdirSync(join(file, ".."))).toEqual([]);
  });
});

test("a database is empty, ours, or another project's", () => {
  const shipped = ["0001_deliveries_jobs_runs.sql"];
  expect(contentsFrom([], [], shipped)).toBe("empty");
  expect(contentsFrom(["_cf_KV", "sqlite_sequence", "d1_migrations"], [], shipped)).toBe("empty");
  expect(contentsFrom(["d1_migrations", "jobs"], shipped, shipped)).toBe("ours");
  expect(contentsFrom(["jobs"], [], shipped)).toBe("foreign");
  expect(contentsFrom(["d1_migrations", "jobs"], ["0001_init.sql"], shipped)).toBe("foreign");
});
