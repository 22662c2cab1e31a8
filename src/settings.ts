/**
 * The settings of the receiver: every var and secret in one table, read in one place, typed. A wrong one costs no
 * callback: its default stands in, and it is a fault that is told. docs/settings.md has the same table for people,
 * and a test holds the two equal.
 */
import {
  type CiKeys,
  type CiQueue,
  DEFAULT_ENDPOINT,
  ENDPOINT_ALLOWED,
  isEndpoint,
  parseQueues,
  QUEUES_ALLOWED,
} from "./reconcile/queues.ts";
import { parseSigningSecrets, parseUrls, SIGNING_ALLOWED, URLS_ALLOWED } from "./events/endpoints.ts";
import { type EventType, WANTED_EVENTS } from "./events/events.ts";

/** Every setting: what is allowed, and what it is when it is not set. */
export const SETTINGS = {
  CALLBACK_KEYS: { kind: "secrets" },
  LOOKUP_TOKENS: { kind: "secrets" },
  STORE: { kind: "choice", fallback: "d1", choices: ["d1", "kv"] },
  INTAKE: { kind: "choice", fallback: "direct", choices: ["direct", "queue"] },
  MAX_BODY_BYTES: { kind: "whole", fallback: 8_388_608, min: 1, max: 24_000_000, unit: "bytes" },
  STORE_DEADLINE_MILLISECONDS: { kind: "whole", fallback: 3_000, min: 100, max: 20_000, unit: "milliseconds" },
  UPKEEP_OPERATIONS: { kind: "whole", fallback: 45, min: 45, max: 100_000, unit: "calls to D1, KV, endpoints and CI" },
  RETENTION_DAYS_JOBS: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_BYTES: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_QUARANTINED: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_EVENTS: { kind: "whole", fallback: 7, min: 0, max: 36_500, unit: "days" },
  FORWARD_URLS: { kind: "urls" },
  FORWARD_SECRETS: { kind: "signing" },
  FORWARD_EVENTS: { kind: "several", fallback: "job.finished", choices: WANTED_EVENTS },
  CI_SECRET_ID: { kind: "secret" },
  CI_SECRET_KEY: { kind: "secret" },
  CI_SECURITY_TOKEN: { kind: "secret" },
  CI_ENDPOINT: { kind: "endpoint", fallback: DEFAULT_ENDPOINT },
  CI_QUEUES: { kind: "queues" },
  SWEEP_HOURS: { kind: "whole", fallback: 24, min: 1, max: 720, unit: "hours" },
  VERIFY: { kind: "choice", fallback: "off", choices: ["off", "on"] },
  VERIFY_LIMIT_SECONDS: { kind: "whole", fallback: 900, min: 0, max: 86_400, unit: "seconds" },
  LOG_LEVEL: { kind: "choice", fallback: "info", choices: ["debug", "info", "warn", "error"] },
} as const satisfies Record<string, Setting>;

type Setting =
  | { kind: "secrets" }
  | { kind: "urls" }
  | { kind: "signing" }
  | { kind: "secret" }
  | { kind: "endpoint"; fallback: string }
  | { kind: "queues" }
  | { kind: "several"; fallback: string; choices: readonly string[] }
  | { kind: "choice"; fallback: string; choices: readonly string[] }
  | { kind: "whole"; fallback: number; min: number; max: number; unit: string };

type Named<Kind extends Setting["kind"]> = {
  [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends { kind: Kind } ? Name : never;
}[keyof typeof SETTINGS];

type ChoiceOf<Name extends Named<"choice">> = (typeof SETTINGS)[Name]["choices"][number];

export interface Settings {
  /** Keys that a callback URL may end in. None set: no callback is accepted. */
  callbackKeys: readonly string[];
  /** Tokens that open the look-ups. None set: no look-up is answered. */
  lookupTokens: readonly string[];
  store: ChoiceOf<"STORE">;
  /** Whether a callback is written before it is acknowledged, or given to a queue. */
  intake: ChoiceOf<"INTAKE">;
  /** Largest body taken, in bytes; counted while it is read. */
  maxBodyBytes: number;
  /** How long a call to a store is tried before it has failed, in milliseconds. */
  storeDeadlineMilliseconds: number;
  /** Calls to D1, KV and endpoints that one run of the cron may make. */
  upkeepOperations: number;
  retentionDays: RetentionDays;
  forward: Forward;
  ci: CiSettings;
  /** Lines of the log below this level are not written. */
  logLevel: ChoiceOf<"LOG_LEVEL">;
}

/** What the user's system is told, and where. */
export interface Forward {
  /** None: nothing is told, and no event is written. */
  urls: readonly string[];
  /** False where some are not allowed, and so left out: an endpoint that is missing was perhaps not removed. */
  areUrlsGood: boolean;
  /** `whsec_…`, each of which signs. None: events are written, and wait. */
  secrets: readonly string[];
  events: readonly EventType[];
}

/** How CI is asked about jobs. */
export interface CiSettings {
  /** Null where CI_SECRET_ID or CI_SECRET_KEY is not set: nothing is asked. */
  keys: CiKeys | null;
  /** Where CI is, with `{bucket}` and `{region}` in it where they belong. */
  endpoint: string;
  /** The queues whose jobs are listed; null where none are named, and then CI is asked about jobs of any bucket. */
  queues: readonly CiQueue[] | null;
  /** How far back a sweep looks, in hours. */
  sweepHours: number;
  /** Whether CI is asked about each callback. Never without keys, nor with KV as the store, which keeps no verdicts. */
  isVerifying: boolean;
  /** How long events of a job wait for its verdict, in seconds. */
  verifyLimitSeconds: number;
}

/** How long what is kept, in days; 0 for ever. */
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

/** A setting that has a value that is not allowed, so that its default stands in. */
export interface SettingFault {
  name: string;
  /** Null for a secret, whose value is never shown: `says` tells what is wrong with it. */
  value: string | null;
  says?: string;
  /** What is allowed, in words. */
  allowed: string;
}

/** The fault in words. */
export const faultText = ({ name, value, says, allowed }: SettingFault): string =>
  value === null
    ? `${name}: ${says} Allowed: ${allowed}.`
    : `${name} is "${value}". Allowed: ${allowed}. The default is used instead.`;

/** The vars and secrets as they come: all text, any may be missing. */
type RawSettings = object;

export interface SettingsRead {
  settings: Settings;
  /** What is wrong, each with its default among the settings. */
  faults: readonly SettingFault[];
}

/** An isolate is given one `env` for all its requests. */
const readOf = new WeakMap<RawSettings, SettingsRead>();

/** Never throws. Reads each `env` once. */
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

/** Names of the secrets that are not set; with none of one kind, that side of the receiver is shut. */
export function missingSecrets(settings: Settings): string[] {
  const missing: string[] = [];
  if (settings.callbackKeys.length === 0) missing.push("CALLBACK_KEYS");
  if (settings.lookupTokens.length === 0) missing.push("LOOKUP_TOKENS");
  return missing;
}

/** What a setting may be, in words. */
export function allowedOf(name: keyof typeof SETTINGS): string {
  const setting = SETTINGS[name];
  switch (setting.kind) {
    case "secrets":
      return "one or more, with commas between them";
    case "urls":
      return URLS_ALLOWED;
    case "signing":
      return SIGNING_ALLOWED;
    case "secret":
      return "one";
    case "endpoint":
      return ENDPOINT_ALLOWED;
    case "queues":
      return QUEUES_ALLOWED;
    case "several":
      return `one or more of ${setting.choices.join(", ")}`;
    case "choice":
      return `one of ${setting.choices.join(", ")}`;
    case "whole":
      return `a whole number of ${setting.unit}, ${setting.min} to ${setting.max}`;
  }
}

/** A var in wrangler.toml may be a number or true, and is as good as its text; one that is more is refused as its JSON. */
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

/** Where one of them is wrong, the default stands in for all. */
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
  faults.push({ name: "CI_ENDPOINT", value, allowed: ENDPOINT_ALLOWED });
  return fallback;
}

/** Where the value is wrong, no bucket is allowed: a list that was meant to bound what is asked must not bound nothing. */
function readQueues(env: RawSettings, faults: SettingFault[]): readonly CiQueue[] | null {
  const text = textOf(env, "CI_QUEUES");
  if (text === "") return null;
  const queues = parseQueues(text);
  if (queues !== null) return queues;
  faults.push({ name: "CI_QUEUES", value: text, allowed: QUEUES_ALLOWED });
  return [];
}
