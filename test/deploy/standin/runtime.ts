/**
 * Runs what was uploaded: one workerd with the databases, namespaces and queues of an account and the Workers that are
 * live. Requests wait while it is set up anew, so that a test sees what a version answers, and no gap of the stand-in's.
 */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_splitSqlQuery as splitSql } from "wrangler";
import { type Account, activeVersion, type Binding } from "./account.ts";

/** Holds every database, so that the API can ask them while no Worker is live. */
const HOLDER = "holder";

export class Runtime {
  readonly #account: Account;
  #miniflare: Miniflare | null = null;
  #ready: Promise<void> = Promise.resolve();

  constructor(account: Account) {
    this.#account = account;
  }

  /** Follows the account: call it when a resource or a live version has changed. */
  update(): Promise<void> {
    const before = this.#ready.catch(() => {});
    this.#ready = this.#setUpAfter(before);
    return this.#ready;
  }

  async #setUpAfter(before: Promise<void>): Promise<void> {
    await before;
    const options = optionsOf(this.#account);
    if (this.#miniflare === null) this.#miniflare = new Miniflare(options);
    else await this.#miniflare.setOptions(options);
    await this.#miniflare.ready;
  }

  /** Runs all statements in one transaction, as D1 does with a migration. */
  async query(database: string, sql: string): Promise<unknown[]> {
    const d1 = await (await this.#running()).getD1Database(database, HOLDER);
    return d1.batch(splitSql(sql).map((statement) => d1.prepare(statement)));
  }

  async fetch(worker: string, url: string, init: { method: string; headers: [string, string][]; body: Buffer | null }) {
    const running = await (await this.#running()).getWorker(worker);
    return running.fetch(url, { ...init, redirect: "manual" });
  }

  async stop(): Promise<void> {
    await this.#ready.catch(() => {});
    await this.#miniflare?.dispose();
  }

  async #running(): Promise<Miniflare> {
    if (this.#miniflare === null) await this.update();
    await this.#ready;
    return this.#miniflare as Miniflare;
  }
}

function optionsOf(account: Account) {
  const ids = (items: string[]): Record<string, string> => Object.fromEntries(items.map((id) => [id, id]));
  return convertV4MiniflareOptions({
    host: "127.0.0.1",
    cf: false,
    telemetry: { enabled: false },
    handleStructuredLogs: () => {},
    workers: [
      {
        name: HOLDER,
        modules: [{ type: "ESModule", path: "holder.mjs", contents: "export default {}" }],
        compatibilityDate: "2026-01-01",
        d1Databases: ids(account.databases.map(({ uuid }) => uuid)),
        kvNamespaces: ids(account.namespaces.map(({ id }) => id)),
      },
      ...[...account.scripts.keys()].flatMap((name) => workerOf(account, name)),
    ],
  });
}

function workerOf(account: Account, name: string) {
  const version = activeVersion(account.scripts.get(name));
  if (version === undefined || version.modules.length === 0) return [];
  const of = (...types: string[]): Binding[] => version.bindings.filter(({ type }) => types.includes(type));
  const pairs = (bindings: Binding[], field: string): Record<string, string> =>
    Object.fromEntries(bindings.map((binding) => [binding.name, String(binding[field])]));
  const consumed = account.queues.flatMap(({ queue_name, consumers }) =>
    consumers
      .filter(({ script }) => script === name)
      .map(({ dead_letter_queue, settings }) => {
        const maxBatchTimeout = 0.1;
        const maxBatchSize = settings?.["batch_size"] ?? 10;
        return [
          queue_name,
          { maxBatchSize, maxBatchTimeout, ...(dead_letter_queue && { deadLetterQueue: dead_letter_queue }) },
        ];
      }),
  );
  return [
    {
      name,
      modules: version.modules,
      compatibilityDate: version.compatibilityDate,
      bindings: pairs(of("plain_text", "secret_text"), "text"),
      d1Databases: pairs(of("d1"), "id"),
      kvNamespaces: pairs(of("kv_namespace"), "namespace_id"),
      queueProducers: pairs(of("queue"), "queue_name"),
      queueConsumers: Object.fromEntries(consumed),
      ratelimits: Object.fromEntries(
        of("ratelimit").map(({ name, namespace_id, simple }) => [
          name,
          { namespace_id: String(namespace_id), simple: simple as { limit: number; period: 10 | 60 } },
        ]),
      ),
    },
  ];
}
