/** What a deploy reads from wrangler.toml, and the configuration that it makes of it. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configToDeploy } from "../../tools/deploy/config.ts";
import { settingFaults, unknownVars } from "../../tools/deploy/settings.ts";
import { toToml } from "../../tools/deploy/toml.ts";
import { RAW, ROOT, WANTED, wanted } from "./deploy-wanted.ts";

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
