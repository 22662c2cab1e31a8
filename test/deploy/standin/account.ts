/** What an account of the stand-in has. Plain state, which tests read and change. */
import { randomBytes, randomUUID } from "node:crypto";

export interface Binding {
  name: string;
  type: string;
  [field: string]: unknown;
}

export interface Module {
  path: string;
  type: "ESModule" | "Text" | "Data";
  contents: string;
}

export interface Version {
  id: string;
  bindings: Binding[];
  modules: Module[];
  compatibilityDate: string;
}

export interface Script {
  tag: string;
  tags: string[];
  versions: Version[];
  /** Oldest first; each with its versions and their shares in percent. */
  deployments: { id: string; created_on: string; versions: { version_id: string; percentage: number }[] }[];
  isPublished: boolean;
  hasPreviews: boolean;
  schedules: string[];
  /** What wrangler asks about, when it was not wrangler. */
  lastDeployedFrom: "wrangler" | "dash" | "api";
  settings: Record<string, unknown>;
}

export interface Consumer {
  consumer_id: string;
  script: string;
  dead_letter_queue?: string;
  settings?: Record<string, number>;
}

export interface Account {
  id: string;
  name: string;
  /** Its name on workers.dev; null where it has none. */
  subdomain: string | null;
  databases: { uuid: string; name: string }[];
  namespaces: { id: string; title: string }[];
  queues: { queue_id: string; queue_name: string; consumers: Consumer[] }[];
  scripts: Map<string, Script>;
  zones: string[];
  /** Host names that have a DNS record which is no custom domain. */
  records: Set<string>;
  /** Custom domains, each with its Worker. */
  domains: Map<string, string>;
  hasAnalyticsEngine: boolean;
  databaseLimit: number;
  /** Cron triggers that other Workers leave free. */
  freeCrons: number;
}

export const newId = (): string => randomBytes(16).toString("hex");

export const newAccount = (changes: Partial<Account> = {}): Account => ({
  id: newId(),
  name: "Stand-in",
  subdomain: "team",
  databases: [],
  namespaces: [],
  queues: [],
  scripts: new Map(),
  zones: [],
  records: new Set(),
  domains: new Map(),
  hasAnalyticsEngine: false,
  databaseLimit: 10,
  freeCrons: 5,
  ...changes,
});

export const newScript = (): Script => ({
  tag: newId(),
  tags: [],
  versions: [],
  deployments: [],
  isPublished: false,
  hasPreviews: false,
  schedules: [],
  lastDeployedFrom: "wrangler",
  settings: {},
});

/** The version with the largest share of the traffic. */
export function activeVersion(script: Script | undefined): Version | undefined {
  const shares = script?.deployments.at(-1)?.versions.toSorted((a, b) => b.percentage - a.percentage) ?? [];
  return script?.versions.find(({ id }) => id === shares[0]?.version_id);
}

export function addVersion(script: Script, version: Omit<Version, "id">): Version {
  const added = { ...version, id: randomUUID() };
  script.versions.push(added);
  return added;
}

export function addDeployment(script: Script, ...versions: { version_id: string; percentage: number }[]): void {
  script.deployments.push({ id: randomUUID(), created_on: new Date().toISOString(), versions });
}
