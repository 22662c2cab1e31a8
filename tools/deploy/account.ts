/** Finds the account and what it has. Asks Cloudflare, and decides only how to read the answers. */
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { type Api, isDenied, type Refusal, refusalText, type Reply } from "./api.ts";
import type { Ids, Wanted } from "./config.ts";
import type { Contents, Domains, Found, FoundDatabase, FoundWorker } from "./plan.ts";

export interface Account {
  id: string;
  name: string;
}

interface Database {
  uuid: string;
  name: string;
}

interface Binding {
  name: string;
  type: string;
  id?: string;
  namespace_id?: string;
}

/** No such Worker, by its API and by its services. */
const NO_WORKER = new Set([10007, 10090]);
const NO_SUBDOMAIN = 10007;
const NO_ZONE = 10083;

/** Accounts that the token sees; fails with a sentence. */
export async function listAccounts(api: Api, base: string | undefined): Promise<Result<Account[], string>> {
  const accounts = await api.list<Account>("/accounts");
  if (accounts.ok && accounts.value.length > 0) return accounts;
  if (!accounts.ok && !isDenied(accounts.error)) return fail(refusalText(accounts.error, base));
  const verified = accounts.ok ? accounts : await api.get("/user/tokens/verify");
  if (verified.ok)
    return fail(
      "The token may not list accounts. Set CLOUDFLARE_ACCOUNT_ID to the id of yours (the dashboard's URL has it).",
    );
  return fail(
    "Cloudflare does not accept the token: it is wrong, revoked or expired. Run `npx wrangler login`, or set another " +
      "CLOUDFLARE_API_TOKEN. If the token belongs to an account and not to a user, set CLOUDFLARE_ACCOUNT_ID too.",
  );
}

/** What the account has of what is wanted; `shipped` are the names of our migrations. Fails with a sentence. */
export async function findInAccount(
  api: Api,
  base: string | undefined,
  accountId: string,
  wanted: Wanted,
  shipped: readonly string[],
): Promise<Result<Found, string>> {
  const at = `/accounts/${accountId}`;
  const worker = await findWorker(api, at, wanted.worker);
  const bound = worker.ok ? worker.value : null;
  const [database, namespace, queues, hasSubdomain, domains] = await Promise.all([
    findDatabase(api, at, wanted, bound, shipped),
    findNamespace(api, at, wanted, bound),
    findQueues(api, at, wanted.queues),
    findSubdomain(api, at),
    findDomains(api, at, wanted),
  ]);
  if (worker.ok && database.ok && namespace.ok && queues.ok && hasSubdomain.ok)
    return ok({
      worker: worker.value,
      database: database.value,
      namespace: namespace.value,
      queues: queues.value,
      hasSubdomain: hasSubdomain.value,
      domains,
    });
  return fail(
    permissionText(
      { "Workers Scripts": worker, D1: database, "Workers KV Storage": namespace, Queues: queues },
      accountId,
      base,
    ) ?? "Cloudflare does not say whether the account has a name on workers.dev.",
  );
}

/** Which permissions the token lacks, or why it could not be asked; null where nothing was refused. */
function permissionText(
  replies: Readonly<Record<string, Reply<unknown>>>,
  accountId: string,
  base: string | undefined,
): string | null {
  const refused = Object.entries(replies).flatMap(([name, reply]) => (reply.ok ? [] : [{ name, error: reply.error }]));
  const other = refused.find(({ error }) => !isDenied(error));
  if (other !== undefined) return refusalText(other.error, base);
  if (refused.length === 0) return null;
  const needed = refused.map(({ name }) => `${name}: Edit`).join(", ");
  const hasAnswer = Object.values(replies).some((reply) => reply.ok);
  return hasAnswer
    ? `The token lacks a permission: ${needed}. docs/deploy.md lists those it needs.`
    : `Cloudflare does not accept the token for the account ${accountId}: it is wrong, revoked or expired, or for ` +
        "another account. Check CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run `npx wrangler login`.";
}

async function findWorker(api: Api, at: string, name: string): Promise<Reply<FoundWorker | null>> {
  const path = `${at}/workers/scripts/${encodeURIComponent(name)}/settings`;
  const settings = noneWhere(await api.get<{ bindings: Binding[] }>(path), ({ code }) => NO_WORKER.has(code));
  if (!settings.ok || settings.value === null) return settings as Reply<null>;
  const { bindings } = settings.value;
  return ok({
    secrets: bindings.filter(({ type }) => type === "secret_text").map(({ name }) => name),
    databaseId: bindings.find(({ type, name }) => type === "d1" && name === "DB")?.id ?? null,
    namespaceId: bindings.find(({ type, name }) => type === "kv_namespace" && name === "KV")?.namespace_id ?? null,
  });
}

/**
 * The database that wrangler.toml gives by id or by a name of the user's; else the one that the Worker uses, if it is
 * still there; else the one of the derived name.
 */
async function findDatabase(
  api: Api,
  at: string,
  { database: { id, name, isNameGiven } }: Wanted,
  worker: FoundWorker | null,
  shipped: readonly string[],
): Promise<Reply<FoundDatabase | null>> {
  const boundId = worker?.databaseId ?? null;
  const keys = id !== null ? [id] : isNameGiven ? [name, boundId] : [boundId, name];
  for (const key of keys) {
    if (key === null) continue;
    const reply = noneWhere(await api.get<Database>(`${at}/d1/database/${encodeURIComponent(key)}`), isMissing);
    if (!reply.ok) return reply;
    if (reply.value === null) continue;
    const { uuid, name: itsName } = reply.value;
    const contents = await contentsOf(api, `${at}/d1/database/${uuid}/query`, shipped);
    if (!contents.ok) return contents;
    return ok({ id: uuid, name: itsName, contents: contents.value, isBound: uuid === boundId });
  }
  return ok(null);
}

async function contentsOf(api: Api, path: string, shipped: readonly string[]): Promise<Reply<Contents>> {
  const namesIn = async (sql: string): Promise<Reply<string[]>> => {
    const reply = await api.post<{ results: { name: string }[] }[]>(path, { sql });
    return reply.ok ? ok((reply.value[0]?.results ?? []).map(({ name }) => name)) : reply;
  };
  const tables = await namesIn("SELECT name FROM sqlite_master WHERE type = 'table'");
  if (!tables.ok) return tables;
  const applied = tables.value.includes("d1_migrations") ? await namesIn("SELECT name FROM d1_migrations") : ok([]);
  if (!applied.ok) return applied;
  return ok(contentsFrom(tables.value, applied.value, shipped));
}

/** Whose tables these are, told by the migrations that made them. Pure. */
export function contentsFrom(
  tables: readonly string[],
  applied: readonly string[],
  shipped: readonly string[],
): Contents {
  if (applied.some((name) => shipped.includes(name))) return "ours";
  const others = tables.filter((name) => !/^(?:_cf_|sqlite_)/.test(name) && name !== "d1_migrations");
  return others.length === 0 && applied.length === 0 ? "empty" : "foreign";
}

async function findNamespace(
  api: Api,
  at: string,
  { namespace: { id, name } }: Wanted,
  worker: FoundWorker | null,
): Promise<Reply<{ id: string } | null>> {
  const all = await api.list<{ id: string; title: string }>(`${at}/storage/kv/namespaces`);
  if (!all.ok) return all;
  if (id !== null) return ok({ id });
  const bound = all.value.find((namespace) => namespace.id === worker?.namespaceId);
  return ok(bound ?? all.value.find(({ title }) => title === name) ?? null);
}

async function findQueues(api: Api, at: string, names: readonly string[]): Promise<Reply<Found["queues"]>> {
  if (names.length === 0) return ok([]);
  const all = await api.list<{ queue_name: string; consumers?: { script?: string; service?: string }[] }>(
    `${at}/queues`,
  );
  if (!all.ok) return all;
  return ok(
    all.value
      .filter(({ queue_name }) => names.includes(queue_name))
      .map(({ queue_name, consumers }) => {
        const consumer = consumers?.[0];
        return { name: queue_name, consumer: consumer?.script ?? consumer?.service ?? null };
      }),
  );
}

async function findSubdomain(api: Api, at: string): Promise<Reply<boolean>> {
  const reply = noneWhere(await api.get(`${at}/workers/subdomain`), ({ code }) => code === NO_SUBDOMAIN);
  return reply.ok ? ok(reply.value !== null) : reply;
}

/** What would change if the custom domains were published: the question that wrangler asks as well. */
async function findDomains(api: Api, at: string, { worker, domains }: Wanted): Promise<Domains> {
  const none = { isKnown: true, taken: [], zoneFault: null } as const;
  if (domains.length === 0) return none;
  const reply = await api.post<{
    updated: { hostname: string; service?: string; modified?: boolean }[];
    conflicting: { hostname: string }[];
  }>(
    `${at}/workers/scripts/${encodeURIComponent(worker)}/domains/changeset?replace_state=true`,
    domains.map((hostname) => ({ hostname })),
  );
  if (!reply.ok) return reply.error.code === NO_ZONE ? { ...none, zoneFault: reply.error.message } : { isKnown: false };
  const { updated, conflicting } = reply.value;
  return {
    ...none,
    taken: [
      ...conflicting.map(({ hostname }) => `${hostname} has a DNS record already`),
      ...updated
        .filter(({ modified }) => modified)
        .map(({ hostname, service = "another Worker" }) => `${hostname} is a custom domain of ${service}`),
    ],
  };
}

/** Ids of the database and the namespace, once both are there. */
export async function idsIn(api: Api, accountId: string, found: Found, wanted: Wanted): Promise<Ids> {
  const at = `/accounts/${accountId}`;
  const { database, namespace } = found;
  const made =
    database === null ? await api.get<Database>(`${at}/d1/database/${encodeURIComponent(wanted.database.name)}`) : null;
  const space = namespace ?? valueOf(await findNamespace(api, at, wanted, found.worker));
  const ids: Ids = {};
  if (database !== null) ids.database = { id: database.id, name: database.name };
  else if (made?.ok) ids.database = { id: made.value.uuid, name: made.value.name };
  if (space !== null) ids.namespace = space.id;
  return ids;
}

const valueOf = <T>(reply: Reply<T | null>): T | null => (reply.ok ? reply.value : null);

const isMissing = ({ status }: Refusal): boolean => status === 404;

const noneWhere = <T>(reply: Reply<T>, isNone: (refusal: Refusal) => boolean): Reply<T | null> =>
  !reply.ok && isNone(reply.error) ? ok(null) : reply;

/** Id of the Worker's newest deployment; null where there is none, or none could be asked for. */
export async function newestDeployment(api: Api, accountId: string, worker: string): Promise<string | null> {
  const path = `/accounts/${accountId}/workers/scripts/${encodeURIComponent(worker)}/deployments`;
  const reply = await api.get<{ deployments: { id: string }[] }>(path);
  return reply.ok ? (reply.value.deployments[0]?.id ?? null) : null;
}
