/**
 * The settings of the receiver, read from vars and secrets. A wrong setting must not lose a callback: its default is
 * used, and it is reported as a fault. The table of all settings is setting-table.ts.
 */
import { type CiKeys, type CiQueue, isEndpoint, parseQueues } from "./reconcile/queues.ts";
import { parseSigningSecrets, parseUrls } from "./events/endpoints.ts";
import type { EventType } from "./events/events.ts";
import { allowedOf, type Named, SETTINGS } from "./setting-table.ts";

type ChoiceOf<Name extends Named<"choice">> = (typeof SETTINGS)[Name]["choices"][number];

/** All settings, typed; none is missing, since defaults stand in. */
export interface Settings {
  /** Keys that a callback URL may end in. Empty: no callback is accepted. */
  callbackKeys: readonly string[];
  /** Tokens that open the look-ups. Empty: no look-up is answered. */
  lookupTokens: readonly string[];
  store: ChoiceOf<"STORE">;
  /** Whether a callback is written before it is acknowledged, or given to a queue. */
  intake: ChoiceOf<"INTAKE">;
  /** Largest callback that is taken, in bytes. */
  maxBodyBytes: number;
  /** How long a call to a store is tried, repeats included, in milliseconds. */
  storeDeadlineMilliseconds: number;
  /** Calls to D1, KV, endpoints and CI that one run of the cron may make. */
  upkeepOperations: number;
  retentionDays: RetentionDays;
  forward: Forward;
  ci: CiSettings;
  /** Lines of the log below this level are not written. */
  logLevel: ChoiceOf<"LOG_LEVEL">;
}

/** What the user's system is told, and where. */
export interface Forward {
  /** Empty: nothing is told, and no event is written. */
  urls: readonly string[];
  /** False if a URL was left out because it is not allowed. An endpoint that is missing from `urls` may then still be wanted. */
  areUrlsGood: boolean;
  /** `whsec_…`; each of them signs. Empty: events are written, and wait. */
  secrets: readonly string[];
  events: readonly EventType[];
}

/** How CI is asked about jobs. */
export interface CiSettings {
  /** Null if CI_SECRET_ID or CI_SECRET_KEY is not set: CI is not asked. */
  keys: CiKeys | null;
  /** The URL of CI, with `{bucket}` and `{region}` to be filled in. */
  endpoint: string;
  /** The queues whose jobs are swept. Null if none is named: CI may then be asked about jobs of any bucket. */
  queues: readonly CiQueue[] | null;
  /** How far back a sweep looks, in hours. */
  sweepHours: number;
  /** Whether CI is asked about each callback. False without keys, and with STORE=kv, which keeps no verdicts. */
  isVerifying: boolean;
  /** How long events of a job wait for its verdict, in seconds. */
  verifyLimitSeconds: number;
}

/** How long things are kept, in days; 0 is for ever. */
export interface RetentionDays {
  /** Jobs and runs, with the deliveries that told of them. */
  jobs: number;
  /** The bytes of deliveries that could be read. */
  bytes: number;
  /** Deliveries that could not be read. */
  quarantined: number;
  /** Events that were delivered. */
  events: number;
}

/** A setting whose value is not allowed, so that its default is used. */
export type SettingFault = {
  name: string;
  /** What is allowed, in words. */
  allowed: string;
} & (
  | { value: string }
  /** A secret is never shown; `says` tells what is wrong with it. */
  | { value: null; says: string }
);

/** The fault in words. */
export const faultText = (fault: SettingFault): string =>
  fault.value === null
    ? `${fault.name}: ${fault.says} Allowed: ${fault.allowed}.`
    : `${fault.name} is "${fault.value}". Allowed: ${fault.allowed}. The default is used instead.`;

/** The bindings of the Worker, among them the vars and secrets. Any may be missing. */
type RawSettings = object;

export interface SettingsRead {
  settings: Settings;
  /** What is wrong, each with its default among the settings. */
  faults: readonly SettingFault[];
}

/** An isolate is given one `env` for all its requests. */
const readOf = new WeakMap<RawSettings, SettingsRead>();

/** Reads all settings, once for each `env`. Never throws: a setting that is wrong has its default, and is among the faults. */
export function readSettings(env: RawSettings): SettingsRead {
  const read = readOf.get(env) ?? readAll(env);
  readOf.set(env, read);
  return read;
}

function readAll(env: RawSettings): SettingsRead {
  const faults: SettingFault[] = [];
  const settings: Settings = {
    callbackKeys: readSecrets(env, "CALLBACK_KEYS"),
    lookupTokens: readSecrets(env, "LOOKUP_TOKENS"),
    store: readChoice(env, "STORE", faults),
    intake: readChoice(env, "INTAKE", faults),
    maxBodyBytes: readWhole(env, "MAX_BODY_BYTES", faults),
    storeDeadlineMilliseconds: readWhole(env, "STORE_DEADLINE_MILLISECONDS", faults),
    upkeepOperations: readWhole(env, "UPKEEP_OPERATIONS", faults),
    retentionDays: {
      jobs: readWhole(env, "RETENTION_DAYS_JOBS", faults),
      bytes: readWhole(env, "RETENTION_DAYS_BYTES", faults),
      quarantined: readWhole(env, "RETENTION_DAYS_QUARANTINED", faults),
      events: readWhole(env, "RETENTION_DAYS_EVENTS", faults),
    },
    forward: readForward(env, faults),
    ci: readCi(env, faults),
    logLevel: readChoice(env, "LOG_LEVEL", faults),
  };
  if (settings.intake === "queue" && Reflect.get(env, "INTAKE_QUEUE") === undefined) {
    const allowed = "queue only with a binding INTAKE_QUEUE (docs/scaling.md)";
    faults.push({ name: "INTAKE", value: "queue", allowed });
    settings.intake = SETTINGS.INTAKE.fallback;
  }
  if (settings.ci.isVerifying && settings.store === "kv") {
    faults.push({ name: "VERIFY", value: "on", allowed: "on only with STORE=d1" });
    settings.ci.isVerifying = false;
  }
  return { settings, faults };
}

/** Names of the required secrets that are not set. Without callback keys no callback is accepted, without tokens no look-up. */
export function missingSecrets(settings: Settings): string[] {
  const missing: string[] = [];
  if (settings.callbackKeys.length === 0) missing.push("CALLBACK_KEYS");
  if (settings.lookupTokens.length === 0) missing.push("LOOKUP_TOKENS");
  return missing;
}

/** The text of a setting, "" if it is not set. A var of wrangler.toml may be a number, a boolean or a list: then its JSON. */
function textOf(env: RawSettings, name: string): string {
  const value: unknown = Reflect.get(env, name);
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value.trim() : JSON.stringify(value);
}

const readSecrets = (env: RawSettings, name: Named<"secrets">): string[] =>
  textOf(env, name)
    .split(",")
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "");

function readChoice<Name extends Named<"choice">>(
  env: RawSettings,
  name: Name,
  faults: SettingFault[],
): ChoiceOf<Name> {
  const { fallback, choices }: { fallback: string; choices: readonly string[] } = SETTINGS[name];
  const value = textOf(env, name) || fallback;
  if (choices.includes(value)) return value as ChoiceOf<Name>;
  faults.push({ name, value, allowed: allowedOf(name) });
  return fallback as ChoiceOf<Name>;
}

function readWhole(env: RawSettings, name: Named<"whole">, faults: SettingFault[]): number {
  const { fallback, min, max } = SETTINGS[name];
  const value = textOf(env, name);
  if (value === "") return fallback;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  faults.push({ name, value, allowed: allowedOf(name) });
  return fallback;
}

function readForward(env: RawSettings, faults: SettingFault[]): Forward {
  const urls = parseUrls(textOf(env, "FORWARD_URLS"));
  const secrets = parseSigningSecrets(textOf(env, "FORWARD_SECRETS"));
  const unsigned =
    urls.values.length > 0 && secrets.values.length === 0 ? ["None can be used, so events wait until one is set."] : [];
  for (const [name, says] of [
    ["FORWARD_URLS", urls.faults],
    ["FORWARD_SECRETS", [...secrets.faults, ...unsigned]],
  ] as const)
    if (says.length > 0) faults.push({ name, value: null, says: says.join(" "), allowed: allowedOf(name) });
  return {
    urls: urls.values,
    areUrlsGood: urls.faults.length === 0,
    secrets: secrets.values,
    events: readSeveral(env, "FORWARD_EVENTS", faults),
  };
}

/** If one of the values is wrong, the default replaces all of them. */
function readSeveral(env: RawSettings, name: "FORWARD_EVENTS", faults: SettingFault[]): EventType[] {
  const { fallback, choices } = SETTINGS[name];
  const value = textOf(env, name) || fallback;
  const wanted = value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const known = choices.filter((choice) => wanted.includes(choice));
  if (wanted.length > 0 && wanted.every((part) => choices.some((choice) => choice === part))) return known;
  faults.push({ name, value, allowed: allowedOf(name) });
  return [fallback];
}

function readCi(env: RawSettings, faults: SettingFault[]): CiSettings {
  const keys = readKeys(env, faults);
  const isVerifying = readChoice(env, "VERIFY", faults) === "on";
  if (isVerifying && keys === null)
    faults.push({ name: "VERIFY", value: "on", allowed: "on only with CI_SECRET_ID and CI_SECRET_KEY" });
  return {
    keys,
    endpoint: readEndpoint(env, faults),
    queues: readQueues(env, faults),
    sweepHours: readWhole(env, "SWEEP_HOURS", faults),
    isVerifying: isVerifying && keys !== null,
    verifyLimitSeconds: readWhole(env, "VERIFY_LIMIT_SECONDS", faults),
  };
}

function readKeys(env: RawSettings, faults: SettingFault[]): CiKeys | null {
  const secretId = textOf(env, "CI_SECRET_ID");
  const secretKey = textOf(env, "CI_SECRET_KEY");
  if (secretId !== "" && secretKey !== "")
    return { secretId, secretKey, securityToken: textOf(env, "CI_SECURITY_TOKEN") || null };
  for (const [name, value, other] of [
    ["CI_SECRET_ID", secretId, "CI_SECRET_KEY"],
    ["CI_SECRET_KEY", secretKey, "CI_SECRET_ID"],
  ] as const) {
    if (value !== "")
      faults.push({ name, value: null, says: `${other} is not set, so CI is not asked.`, allowed: "both, or neither" });
  }
  return null;
}

function readEndpoint(env: RawSettings, faults: SettingFault[]): string {
  const { fallback } = SETTINGS.CI_ENDPOINT;
  const value = textOf(env, "CI_ENDPOINT") || fallback;
  if (isEndpoint(value)) return value;
  faults.push({ name: "CI_ENDPOINT", value, allowed: allowedOf("CI_ENDPOINT") });
  return fallback;
}

/** A wrong value allows no bucket: it was meant to restrict what CI is asked about, so it must not allow everything. */
function readQueues(env: RawSettings, faults: SettingFault[]): readonly CiQueue[] | null {
  const text = textOf(env, "CI_QUEUES");
  if (text === "") return null;
  const queues = parseQueues(text);
  if (queues !== null) return queues;
  faults.push({ name: "CI_QUEUES", value: text, allowed: allowedOf("CI_QUEUES") });
  return [];
}
