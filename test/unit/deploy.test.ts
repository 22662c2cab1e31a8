/** What a deploy decides: from wrangler.toml, from what the account has, and from what wrangler answers. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentsFrom } from "../../tools/deploy/account.ts";
import { adviceOn } from "../../tools/deploy/advice.ts";
import { configToDeploy, type RawConfig, readConfig, type Wanted, wantedOf } from "../../tools/deploy/config.ts";
import { readOptions } from "../../tools/deploy/options.ts";
import { dropPending, keepPending, pendingPath, readPending } from "../../tools/deploy/pending.ts";
import { type Circumstances, commandText, type Found, NOTHING, planDeploy } from "../../tools/deploy/plan.ts";
import { newSecret, planSecrets } from "../../tools/deploy/secrets.ts";
import { settingFaults, unknownVars } from "../../tools/deploy/settings.ts";
import { toToml } from "../../tools/deploy/toml.ts";
import { addressIn, type Entry, versionIn } from "../../tools/deploy/wrangler.ts";
import { isRedacted } from "../../tools/doctor/key.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const valueOf = <T>(result: { ok: true; value: T } | { ok: false; error: string }): T => {
  if (!result.ok) throw new Error(result.error);
  return result.value;
};

const RAW = valueOf(await readConfig(join(ROOT, "wrangler.toml")));
const wanted = (changes: Partial<RawConfig> = {}): Wanted => valueOf(wantedOf({ ...RAW, ...changes }, undefined));
const WANTED = wanted();

describe("wrangler.toml", () => {
  test("names the Worker, and lets the names of all else follow it", () => {
    expect(WANTED).toEqual({
      worker: "ci-callback-receiver",
      accountId: null,
      database: { name: "ci-callback-receiver-db", id: null, isNameGiven: false, migrationsFolder: "migrations" },
      namespace: { name: "ci-callback-receiver-kv", id: null },
      queues: [],
      domains: [],
      usesWorkersDev: true,
      vars: RAW.vars,
    });
    const { database, namespace } = wanted({ name: "staging" });
    expect([database.name, namespace.name]).toEqual(["staging-db", "staging-kv"]);
  });

  test("has no list of required secrets, which would hide the optional ones from local runs", () => {
    expect(RAW).not.toHaveProperty("secrets");
  });

  test("keeps rotated keys from living on, and URLs out of logs and traces", () => {
    expect(RAW).toMatchObject({
      preview_urls: false,
      observability: { logs: { enabled: true, invocation_logs: false }, traces: { enabled: false } },
    });
  });

  test("gives names and ids where the user has written them", () => {
    const { database, namespace, accountId } = wanted({
      account_id: "a",
      d1_databases: [{ binding: "DB", database_name: "mine", database_id: "d" }],
      kv_namespaces: [{ binding: "KV", id: "k" }],
    });
    expect([database.name, database.isNameGiven, database.id]).toEqual(["mine", true, "d"]);
    expect([namespace.id, accountId]).toEqual(["k", "a"]);
  });

  test("is published on workers.dev unless there is a route, or it says otherwise", () => {
    const domain = { pattern: "a.example.com", custom_domain: true };
    const settings = [{}, { routes: [domain] }, { routes: [domain], workers_dev: true }, { workers_dev: false }];
    expect(settings.map((changes) => wanted(changes).usesWorkersDev)).toEqual([true, false, true, false]);
    expect(wanted({ routes: [domain, "b.example.com/*"], route: { pattern: "c.example.com" } }).domains).toEqual([
      "a.example.com",
    ]);
  });

  test("is deployed with the ids that are known, and nothing else is changed", () => {
    const other = { binding: "OTHER", database_name: "other" };
    const raw = { ...RAW, d1_databases: [...(RAW.d1_databases ?? []), other] };
    const ids = { database: { id: "d", name: "old-name" }, namespace: "k" };
    const { d1_databases, kv_namespaces, queues, ...rest } = configToDeploy(raw, WANTED, ids);
    expect(d1_databases).toEqual([
      { binding: "DB", migrations_dir: "migrations", database_id: "d", database_name: "old-name" },
      other,
    ]);
    expect([kv_namespaces, queues]).toEqual([[{ binding: "KV", id: "k" }], {}]);
    const { d1_databases: _, kv_namespaces: __, ...original } = RAW;
    expect(rest).toEqual({ ...original, workers_dev: true });
    expect(configToDeploy(RAW, WANTED, {}).d1_databases).toEqual(RAW.d1_databases);
  });
});

test("the configuration that is deployed is TOML, and reads as what it was written from", async () => {
  const { experimental_readRawConfig } = await import("wrangler");
  const file = join(mkdtempSync(join(tmpdir(), "receiver-")), "wrangler.deploy.toml");
  const config = {
    ...RAW,
    vars: { TEXT: 'a "quoted" \\ text\n今天 😀', NUMBER: 1.5, ON: true, LIST: [], LEFT_OUT: undefined },
  };
  writeFileSync(file, toToml(config));
  const { LEFT_OUT: _, ...vars } = config.vars;
  expect(experimental_readRawConfig({ config: file }).rawConfig).toEqual({ ...config, vars });
});

describe("queues", () => {
  const QUEUED = { vars: { ...RAW.vars, INTAKE: "queue" } };

  test("follow the Worker's name with INTAKE=queue", () => {
    const queue = "ci-callback-receiver-callbacks";
    expect(wanted(QUEUED).queues).toEqual([`${queue}-dead-letters`, queue]);
    expect(configToDeploy({ ...RAW, ...QUEUED }, WANTED, {}).queues).toEqual({
      producers: [{ binding: "INTAKE_QUEUE", queue }],
      consumers: [
        {
          queue,
          max_batch_size: 100,
          max_batch_timeout: 1,
          max_retries: 10,
          dead_letter_queue: `${queue}-dead-letters`,
        },
        { queue: `${queue}-dead-letters`, max_batch_size: 10, max_retries: 100 },
      ],
    });
  });

  test("are those of wrangler.toml where it has them", () => {
    const queues = {
      producers: [{ binding: "INTAKE_QUEUE", queue: "mine" }],
      consumers: [{ queue: "mine", dead_letter_queue: "dead" }],
    };
    expect(wanted({ ...QUEUED, queues }).queues).toEqual(["dead", "mine"]);
    expect(configToDeploy({ ...RAW, ...QUEUED, queues }, WANTED, {}).queues).toEqual(queues);
  });

  test("are consumed as docs/scaling.md describes", () => {
    const [, block = ""] =
      /```toml\n([^`]*INTAKE_QUEUE[^`]*)```/.exec(readFileSync(join(ROOT, "docs/scaling.md"), "utf8")) ?? [];
    const numbers = [...block.matchAll(/^(max_\w+) = (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]);
    const { consumers = [] } = configToDeploy({ ...RAW, ...QUEUED }, WANTED, {}).queues ?? {};
    expect(numbers).toEqual(
      consumers.flatMap((consumer) => Object.entries(consumer).filter(([name]) => name.startsWith("max_"))),
    );
  });
});

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

test("[vars] are held against the receiver's settings, all at once", () => {
  expect(settingFaults(RAW.vars ?? {})).toEqual([]);
  expect(
    settingFaults({ STORE: "redis", MAX_BODY_BYTES: 1, RETENTION_DAYS_JOBS: "soon", LOG_LEVEL: true, MINE: "x" }),
  ).toEqual([
    { name: "STORE", value: "redis", allowed: "one of d1, kv" },
    { name: "RETENTION_DAYS_JOBS", value: "soon", allowed: "a whole number of days, 0 to 36500" },
    { name: "LOG_LEVEL", value: "true", allowed: "one of debug, info, warn, error" },
  ]);
  expect(unknownVars({ STORE: "d1", LOG_LEVL: "info" })).toEqual(["LOG_LEVL"]);
});

describe("what wrangler notes", () => {
  const deployed = (targets?: string[], version_id: string | null = "v"): Entry[] => [
    { type: "wrangler-session" },
    { type: "deploy", version_id, ...(targets && { targets }) },
  ];

  test.each([
    [["https://r.team.workers.dev"], { url: "https://r.team.workers.dev", kind: "workers.dev" }],
    [
      ["https://r.team.workers.dev", "callbacks.example.com (custom domain)"],
      { url: "https://callbacks.example.com", kind: "custom domain" },
    ],
    [
      ["callbacks.example.com (custom domain - zone id: 1)", "schedule: */2 * * * *"],
      { url: "https://callbacks.example.com", kind: "custom domain" },
    ],
    [["callbacks.example.com/* (zone name: example.com)"], { url: "https://callbacks.example.com", kind: "route" }],
    [["*.example.com/* (zone name: example.com)", "schedule: */2 * * * *"], null],
    [["example.com/ci/* (zone name: example.com)"], null],
  ])("of %j is the address %j", (targets, address) => {
    expect(addressIn(deployed(targets))).toEqual(address);
  });

  test("is no version where a question was answered with no", () => {
    expect([versionIn(deployed([])), versionIn(deployed(undefined, null)), versionIn([])]).toEqual(["v", null, null]);
  });

  test.each<[failure: Entry | null, output: string, advice: RegExp]>([
    [{ type: "command-failed", code: 7406, message: "A request failed." }, "", /as many D1 databases/],
    [{ type: "command-failed", message: "Cron schedules:\n limit of 5. [code: 10072]" }, "", /as many cron triggers/],
    [{ type: "command-failed", message: 'Publishing to Custom Domain "a" was skipped' }, "", /was not published/],
    [
      { type: "command-failed", message: "A request failed." },
      "internal [code:\n 10013]",
      /a fault on Cloudflare's side/,
    ],
    [
      { type: "command-failed", message: "You need to register a workers.dev subdomain" },
      "",
      /has no name on workers\.dev/,
    ],
    [
      { type: "command-failed", message: "You have reached the maximum number of D1 databases" },
      "",
      /as many D1 databases/,
    ],
    [{ type: "command-failed", message: "Something new" }, "", /^$/],
    [null, "", /^$/],
  ])("%j %j is advised on", (failure, output, advice) => {
    expect(adviceOn(failure, output)).toMatch(advice);
  });
});

test.each([
  [["--location", "beijing"], "--location beijing is not one of wnam, enam, weur, eeur, apac, oc."],
  [["--lokation", "apac"], expect.stringMatching(/^Unknown option '--lokation'/) as string],
])("%j is refused", (args, error) => {
  expect(readOptions(args)).toEqual({ ok: false, error });
});
