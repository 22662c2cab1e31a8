/**
 * The settings of the receiver: every var and secret, read in one place, typed, and refused where wrong.
 * docs/settings.md has the same table for people.
 */
import { ProblemError } from "./problem.ts";

export interface Settings {
  /** Keys that a callback URL may end in. None set: no callback is accepted. */
  callbackKeys: readonly string[];
  /** Tokens that open the look-ups. None set: no look-up is answered. */
  lookupTokens: readonly string[];
  store: "d1" | "kv";
  /** Largest body taken, in bytes; counted while it is read. */
  maxBodyBytes: number;
  retentionDays: RetentionDays;
}

/** How long what is kept, in days; 0 for ever. */
export interface RetentionDays {
  /** Jobs and runs, with the deliveries that told of them. */
  jobs: number;
  /** The bytes of deliveries that could be read. */
  bytes: number;
  /** Deliveries that could not be read. */
  quarantined: number;
}

/** The vars and secrets as they come: all text, any may be missing. */
export type RawSettings = object;

/** Throws `misconfigured`, naming the setting and what is allowed; never guesses. */
export function readSettings(env: RawSettings): Settings {
  return {
    callbackKeys: readSecrets(env, "CALLBACK_KEYS"),
    lookupTokens: readSecrets(env, "LOOKUP_TOKENS"),
    store: readChoice(env, "STORE", ["d1", "kv"]),
    maxBodyBytes: readWhole(env, "MAX_BODY_BYTES", {
      fallback: 8 * 1024 * 1024,
      min: 1,
      max: 24_000_000,
      unit: "bytes",
    }),
    retentionDays: {
      jobs: readWhole(env, "RETENTION_DAYS_JOBS", DAYS),
      bytes: readWhole(env, "RETENTION_DAYS_BYTES", DAYS),
      quarantined: readWhole(env, "RETENTION_DAYS_QUARANTINED", DAYS),
    },
  };
}

/** Names of the secrets that are not set; with none of one kind, that side of the receiver is shut. */
export function missingSecrets(settings: Settings): string[] {
  const missing: string[] = [];
  if (settings.callbackKeys.length === 0) missing.push("CALLBACK_KEYS");
  if (settings.lookupTokens.length === 0) missing.push("LOOKUP_TOKENS");
  return missing;
}

const textOf = (env: RawSettings, name: string): string => {
  const value: unknown = Reflect.get(env, name);
  return typeof value === "string" ? value.trim() : "";
};

const readSecrets = (env: RawSettings, name: string): string[] =>
  textOf(env, name)
    .split(",")
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "");

function readChoice<const T extends string>(env: RawSettings, name: string, choices: readonly [T, ...T[]]): T {
  const text = textOf(env, name) || choices[0];
  const choice = choices.find((allowed) => allowed === text);
  if (choice === undefined) refuse(name, text, `one of ${choices.join(", ")}`);
  return choice;
}

interface Range {
  fallback: number;
  min: number;
  max: number;
  unit: string;
}

const DAYS: Range = { fallback: 0, min: 0, max: 36_500, unit: "days" };

function readWhole(env: RawSettings, name: string, { fallback, min, max, unit }: Range): number {
  const text = textOf(env, name);
  if (text === "") return fallback;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    refuse(name, text, `a whole number of ${unit}, ${min} to ${max}`);
  return number;
}

function refuse(name: string, text: string, allowed: string): never {
  throw new ProblemError({ code: "misconfigured", detail: `${name} is "${text}". Allowed: ${allowed}.` });
}
