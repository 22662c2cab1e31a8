/**
 * What wrangler.toml says of a deploy, and the configuration that is deployed: the same, with the ids of what the
 * account has. Pure, but for `readConfig`. Names that wrangler.toml does not give follow the Worker's name, as
 * wrangler itself derives them, so that two receivers in one account share nothing.
 */
import { fail, ok, type Result } from "../../src/callback/result.ts";

/** wrangler.toml, parsed; only what a deploy goes by is typed. */
export interface RawConfig {
  name?: string;
  account_id?: string;
  workers_dev?: boolean;
  vars?: Record<string, unknown>;
  d1_databases?: D1Entry[];
  kv_namespaces?: { binding: string; id?: string }[];
  queues?: { producers?: ProducerEntry[]; consumers?: ConsumerEntry[] };
  route?: Route;
  routes?: Route[];
}

interface D1Entry {
  binding: string;
  database_name?: string;
  database_id?: string;
  migrations_dir?: string;
}

interface ProducerEntry {
  binding: string;
  queue: string;
}

interface ConsumerEntry {
  queue: string;
  dead_letter_queue?: string;
}

type Route = string | { pattern: string; custom_domain?: boolean };

export interface Wanted {
  /** Name of the Worker. */
  worker: string;
  /** `account_id`; null where the file has none. */
  accountId: string | null;
  database: Resource & { isNameGiven: boolean; migrationsFolder: string };
  namespace: Resource;
  /** Every queue that the Worker sends to or consumes; a dead-letter queue comes before the queue that uses it. */
  queues: readonly string[];
  /** Host names that become custom domains of the Worker. */
  domains: readonly string[];
  /** Whether the Worker is published on workers.dev. */
  usesWorkersDev: boolean;
  vars: Readonly<Record<string, unknown>>;
}

interface Resource {
  /** What finds it in the account. */
  name: string;
  /** The id that wrangler.toml gives; null where it gives none. */
  id: string | null;
}

/** Ids that are known so far. */
export interface Ids {
  database?: { id: string; name: string };
  namespace?: string;
}

/** Bindings of the receiver (docs/settings.md#bindings). */
const DATABASE = "DB";
const NAMESPACE = "KV";
const QUEUE = "INTAKE_QUEUE";

/** Where the configuration that is deployed is written: beside wrangler.toml, since its paths are relative to that. */
export const DEPLOYED_CONFIG = "wrangler.deploy.toml";

/** Parses the file as wrangler does: TOML or JSON, whatever its line ends and comments. */
export async function readConfig(path: string): Promise<Result<RawConfig, string>> {
  const { experimental_readRawConfig } = await import("wrangler");
  try {
    return ok(experimental_readRawConfig({ config: path }).rawConfig as RawConfig);
  } catch (error) {
    const { message, location } = error as Error & { location?: { line?: number } };
    return fail(`${path}${location?.line === undefined ? "" : `, line ${location.line}`}: ${message}`);
  }
}

/** What is wanted; `override` is the name that Workers Builds gives to the Worker. Fails with a sentence. */
export function wantedOf(raw: RawConfig, override: string | undefined): Result<Wanted, string> {
  const worker = override || raw.name;
  if (typeof worker !== "string" || worker === "") return fail("wrangler.toml has no `name`. Give the Worker one.");
  const d1 = raw.d1_databases?.find(({ binding }) => binding === DATABASE);
  if (d1 === undefined) return fail(`wrangler.toml has no [[d1_databases]] with binding = "${DATABASE}".`);
  const kv = raw.kv_namespaces?.find(({ binding }) => binding === NAMESPACE);
  if (kv === undefined) return fail(`wrangler.toml has no [[kv_namespaces]] with binding = "${NAMESPACE}".`);
  const routes = [...(raw.routes ?? []), ...(raw.route === undefined ? [] : [raw.route])];
  return ok({
    worker,
    accountId: raw.account_id || null,
    database: {
      name: d1.database_name ?? derivedName(worker, DATABASE),
      isNameGiven: d1.database_name !== undefined,
      id: d1.database_id ?? null,
      migrationsFolder: d1.migrations_dir ?? "migrations",
    },
    namespace: { name: derivedName(worker, NAMESPACE), id: kv.id ?? null },
    queues: queueNames(queuesOf(raw, worker)),
    domains: routes.flatMap((route) => (typeof route === "object" && route.custom_domain ? [route.pattern] : [])),
    usesWorkersDev: raw.workers_dev ?? routes.length === 0,
    vars: raw.vars ?? {},
  });
}

/** The configuration to deploy: wrangler.toml's, with the Worker's name, the ids that are known, and the queues. */
export function configToDeploy(raw: RawConfig, wanted: Wanted, { database, namespace }: Ids): RawConfig {
  const { worker, usesWorkersDev } = wanted;
  return {
    ...raw,
    name: worker,
    workers_dev: usesWorkersDev,
    d1_databases: (raw.d1_databases ?? []).map((entry) =>
      entry.binding === DATABASE && database !== undefined
        ? { ...entry, database_name: database.name, database_id: database.id }
        : entry,
    ),
    kv_namespaces: (raw.kv_namespaces ?? []).map((entry) =>
      entry.binding === NAMESPACE && namespace !== undefined ? { ...entry, id: namespace } : entry,
    ),
    queues: queuesOf(raw, worker),
  };
}

/** As wrangler names what it provisions, so that `npx wrangler d1 … DB` finds the same database. */
const derivedName = (worker: string, binding: string): string => `${worker}-${binding.toLowerCase()}`;

/** Those of wrangler.toml; with INTAKE=queue and none there, the two that docs/scaling.md describes. */
function queuesOf({ queues = {}, vars }: RawConfig, worker: string): NonNullable<RawConfig["queues"]> {
  if (vars?.["INTAKE"] !== "queue" || queues.producers?.some(({ binding }) => binding === QUEUE)) return queues;
  const queue = `${worker}-callbacks`;
  const deadLetters = `${queue}-dead-letters`;
  const consumers = [
    { queue, max_batch_size: 100, max_batch_timeout: 1, max_retries: 10, dead_letter_queue: deadLetters },
    { queue: deadLetters, max_batch_size: 10, max_retries: 100 },
  ];
  return {
    producers: [...(queues.producers ?? []), { binding: QUEUE, queue }],
    consumers: [...(queues.consumers ?? []), ...consumers],
  };
}

function queueNames({ producers = [], consumers = [] }: NonNullable<RawConfig["queues"]>): string[] {
  const deadLetters = consumers.flatMap(({ dead_letter_queue }) => dead_letter_queue ?? []);
  const others = [...consumers, ...producers].map(({ queue }) => queue);
  return [...new Set([...deadLetters, ...others])];
}
