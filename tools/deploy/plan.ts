/**
 * What a deploy does, decided from what the account has. Pure. The order is the promise: the database has its tables
 * before the Worker that needs them is uploaded, and the Worker has its secrets and bindings from its first request on.
 */
import { DEPLOYED_CONFIG, type Wanted } from "./config.ts";
import { type SecretsToSet, namesText } from "./secrets.ts";
import type { DeployOptions } from "./options.ts";

/** What the account has of what is wanted. */
export interface Found {
  /** The Worker; null where there is none of that name. */
  worker: FoundWorker | null;
  database: FoundDatabase | null;
  /** The KV namespace: the one that the Worker uses, else the one of that name. */
  namespace: { id: string } | null;
  /** The wanted queues that are there, each with the Worker that consumes it. */
  queues: readonly { name: string; consumer: string | null }[];
  /** Whether the account has a name on workers.dev. */
  hasSubdomain: boolean;
  domains: Domains;
}

export interface FoundWorker {
  secrets: readonly string[];
  /** Id of the database that it uses; null where it uses none. */
  databaseId: string | null;
  namespaceId: string | null;
}

export interface FoundDatabase {
  id: string;
  name: string;
  contents: Contents;
  /** Whether the Worker uses it already. */
  isBound: boolean;
}

/** Nothing, tables that our migrations made, or those of another project. */
export type Contents = "empty" | "ours" | "foreign";

/** What stands where the custom domains should be. */
export type Domains =
  | { isKnown: true; taken: readonly string[]; zoneFault: string | null }
  /** Cloudflare could not be asked. */
  | { isKnown: false };

/** What a new account looks like, for a dry run without one. */
export const NOTHING: Found = {
  worker: null,
  database: null,
  namespace: null,
  queues: [],
  hasSubdomain: true,
  domains: { isKnown: true, taken: [], zoneFault: null },
};

export interface Step {
  says: string;
  /** Arguments of wrangler. */
  command: string[];
  /** `make` shows nothing of what wrangler says unless it fails; `upload` may ask, and sends the secrets. */
  kind: "make" | "migrate" | "upload";
}

export interface Plan {
  /** Why it must not be done: nothing is, then. */
  refusals: string[];
  /** What the user should know before it is done. */
  notes: string[];
  steps: Step[];
}

export interface Circumstances {
  options: DeployOptions;
  secrets: SecretsToSet;
  /** Whether somebody can be asked, and shown secrets. */
  isTerminal: boolean;
}

export function planDeploy(found: Found, wanted: Wanted, circumstances: Circumstances): Plan {
  return {
    refusals: [
      ...databaseRefusals(found, wanted, circumstances),
      ...queueRefusals(found, wanted),
      ...addressRefusals(found, wanted, circumstances),
      ...secretRefusals(circumstances),
    ],
    notes: notesOf(found, wanted, circumstances),
    steps: stepsOf(found, wanted, circumstances),
  };
}

function stepsOf({ worker, database, namespace, queues }: Found, wanted: Wanted, circumstances: Circumstances): Step[] {
  const { location } = circumstances.options;
  const steps: Step[] = [];
  const make = (says: string, ...command: string[]): void => void steps.push({ says, command, kind: "make" });
  const config = ["--config", DEPLOYED_CONFIG];
  if (database === null) {
    const hint = location === null ? [] : ["--location", location];
    make(`Create the database ${wanted.database.name}`, "d1", "create", wanted.database.name, ...hint);
  }
  const migrate = ["d1", "migrations", "apply", "DB", "--remote", ...config];
  steps.push({ says: "Apply the migrations that it lacks", command: migrate, kind: "migrate" });
  if (namespace === null) {
    const { name } = wanted.namespace;
    make(`Create the KV namespace ${name}`, "kv", "namespace", "create", name);
  }
  for (const queue of wanted.queues)
    if (!queues.some(({ name }) => name === queue)) make(`Create the queue ${queue}`, "queues", "create", queue);
  const names = namesToSet(circumstances.secrets);
  const upload = worker === null ? `Create the Worker ${wanted.worker}` : `Upload the Worker ${wanted.worker}`;
  const secretsFile = names.length === 0 ? [] : ["--secrets-file", "<file>"];
  const says = names.length === 0 ? upload : `${upload}, and set ${namesText(names)}`;
  steps.push({ says, command: ["deploy", ...config, ...secretsFile], kind: "upload" });
  return steps;
}

/** Names of the secrets that the upload sets. */
export const namesToSet = ({ given, pending, toMake }: SecretsToSet): string[] =>
  [...Object.keys(given), ...Object.keys(pending), ...toMake].toSorted();

function databaseRefusals({ database }: Found, wanted: Wanted, { options }: Circumstances): string[] {
  if (database === null) return [];
  const { name, contents, isBound } = database;
  if (contents === "foreign" && !isBound)
    return [
      `The database ${name} holds tables of another project, so nothing was written to it. Set database_name under ` +
        `[[d1_databases]] in wrangler.toml to a name that is free.`,
    ];
  const isExplicit = wanted.database.id !== null || !wanted.database.isNameGiven;
  if (contents === "ours" && !isBound && !isExplicit && !options.adopt)
    return [
      `The database ${name} holds the callbacks of a receiver, and the Worker ${wanted.worker} does not use it. If ` +
        `another Worker does, give this one a database of its own: delete database_name from wrangler.toml. If this ` +
        `Worker should continue with it, run: npm run deploy -- --adopt`,
    ];
  return [];
}

function queueRefusals({ queues }: Found, { worker }: Wanted): string[] {
  return queues
    .filter(({ consumer }) => consumer !== null && consumer !== worker)
    .map(
      ({ name, consumer }) =>
        `The queue ${name} is consumed by the Worker ${consumer}. Name other queues under [[queues.producers]] and ` +
        `[[queues.consumers]] in wrangler.toml, or delete those blocks: their names then follow the Worker's.`,
    );
}

function addressRefusals(
  { hasSubdomain, domains }: Found,
  { usesWorkersDev, domains: hosts }: Wanted,
  { options, isTerminal }: Circumstances,
): string[] {
  const refusals: string[] = [];
  if (usesWorkersDev && !hasSubdomain && !isTerminal)
    refusals.push(
      "The account has no name on workers.dev yet. Choose one in the dashboard (Workers & Pages), deploy once from a " +
        "terminal, or set workers_dev = false and a custom domain in wrangler.toml.",
    );
  if (hosts.length === 0) return refusals;
  if (domains.isKnown && domains.zoneFault !== null)
    refusals.push(`${domains.zoneFault} Add the zone to this account, or correct \`routes\` in wrangler.toml.`);
  if (isTerminal || options.overrideDns) return refusals;
  if (!domains.isKnown)
    refusals.push(
      `Whether something stands at ${hosts.join(", ")} already could not be asked, and without a terminal wrangler ` +
        "would replace it. Deploy from a terminal once, or pass --override-dns.",
    );
  else if (domains.taken.length > 0)
    refusals.push(
      `${domains.taken.join("; ")}. Without a terminal wrangler would replace it. Remove it, or pass --override-dns.`,
    );
  return refusals;
}

function secretRefusals({ secrets: { toMake }, isTerminal }: Circumstances): string[] {
  if (toMake.length === 0 || isTerminal) return [];
  const [verb, pronoun] = toMake.length === 1 ? ["is", "it"] : ["are", "them"];
  return [
    `${namesText(toMake)} ${verb} not set on the Worker. New ones would be written to a log here, since this is no ` +
      `terminal. Put ${pronoun} into the environment (32 hexadecimal digits each: openssl rand -hex 16), or deploy from a terminal.`,
  ];
}

function notesOf({ database, domains }: Found, wanted: Wanted, { options, secrets, isTerminal }: Circumstances) {
  const notes: string[] = [];
  if (database !== null && database.name !== wanted.database.name)
    notes.push(`The Worker uses the database ${database.name}, and keeps it.`);
  if (database !== null && options.location !== null)
    notes.push(`--location has no effect: the database ${database.name} is there, and stays where it is.`);
  if (secrets.ignored.length > 0)
    notes.push(
      `${namesText(secrets.ignored)}: in the environment, but set on the Worker already, and left as set there. To set ` +
        "what the environment has: npm run deploy -- --replace-secrets",
    );
  if (isTerminal && !options.overrideDns && domains.isKnown && domains.taken.length > 0)
    notes.push(`${domains.taken.join("; ")}. wrangler will ask whether to replace it.`);
  return notes;
}

/** The command as a person would type it. */
export const commandText = ({ command }: Step): string => ["npx wrangler", ...command].join(" ");
