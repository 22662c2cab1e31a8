/** What a deploy decides to do, from what the account has. */
import { describe, expect, test } from "vitest";
import { contentsFrom } from "../../tools/deploy/account.ts";
import { type RawConfig } from "../../tools/deploy/config.ts";
import { readOptions } from "../../tools/deploy/options.ts";
import { type Circumstances, commandText, type Found, NOTHING, planDeploy } from "../../tools/deploy/plan.ts";
import { NO_SECRETS, valueOf, WANTED, wanted } from "./deploy-wanted.ts";

const OPTIONS = valueOf(readOptions([]));

if (OPTIONS === "help") throw new Error("no options are not --help");

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

test("a database is empty, ours, or another project's", () => {
  const shipped = ["0001_deliveries_jobs_runs.sql"];
  expect(contentsFrom([], [], shipped)).toBe("empty");
  expect(contentsFrom(["_cf_KV", "sqlite_sequence", "d1_migrations"], [], shipped)).toBe("empty");
  expect(contentsFrom(["d1_migrations", "jobs"], shipped, shipped)).toBe("ours");
  expect(contentsFrom(["jobs"], [], shipped)).toBe("foreign");
  expect(contentsFrom(["d1_migrations", "jobs"], ["0001_init.sql"], shipped)).toBe("foreign");
});
