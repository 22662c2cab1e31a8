/**
 * The settings of the receiver: every var and secret in one table, read in one place, typed. A wrong one costs no
 * callback: its default stands in, and it is a fault that is told. docs/settings.md has the same table for people,
 * and a test holds the two equal.
 */
import { parseSigningSecrets, parseUrls, SIGNING_ALLOWED, URLS_ALLOWED } from "./events/endpoints.ts";
import { EVENT_TYPES, type EventType } from "./events/events.ts";

/** Every setting: what is allowed, and what it is when it is not set. */
export const SETTINGS = {
  CALLBACK_KEYS: { kind: "secrets" },
  LOOKUP_TOKENS: { kind: "secrets" },
  STORE: { kind: "choice", fallback: "d1", choices: ["d1", "kv"] },
  INTAKE: { kind: "choice", fallback: "direct", choices: ["direct", "queue"] },
  MAX_BODY_BYTES: { kind: "whole", fallback: 8_388_608, min: 1, max: 24_000_000, unit: "bytes" },
  STORE_DEADLINE_MILLISECONDS: { kind: "whole", fallback: 3_000, min: 100, max: 20_000, unit: "milliseconds" },
  UPKEEP_OPERATIONS: { kind: "whole", fallback: 45, min: 45, max: 100_000, unit: "calls to D1, KV and endpoints" },
  RETENTION_DAYS_JOBS: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_BYTES: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_QUARANTINED: { kind: "whole", fallback: 0, min: 0, max: 36_500, unit: "days" },
  RETENTION_DAYS_EVENTS: { kind: "whole", fallback: 7, min: 0, max: 36_500, unit: "days" },
  FORWARD_URLS: { kind: "urls" },
  FORWARD_SECRETS: { kind: "signing" },
  FORWARD_EVENTS: { kind: "several", fallback: "job.finished", choices: EVENT_TYPES },
  LOG_LEVEL: { kind: "choice", fallback: "info", choices: ["debug", "info", "warn", "error"] },
} as const satisfies Record<string, Setting>;

type Setting =
  | { kind: "secrets" }
  | { kind: "urls" }
  | { kind: "signing" }
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

/** Never throws: what is wrong is among the faults, and has its default among the settings. */
export function readSettings(env: RawSettings): { settings: Settings; faults: SettingFault[] } {
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
    logLevel: readChoice(env, "LOG_LEVEL", faults),
  };
  if (settings.intake === "queue" && Reflect.get(env, "INTAKE_QUEUE") === undefined) {
    const allowed = "queue only with a binding INTAKE_QUEUE (docs/scaling.md)";
    faults.push({ name: "INTAKE", value: "queue", allowed });
    settings.intake = SETTINGS.INTAKE.fallback;
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
