/**
 * Secrets of a deploy: what is missing, where each comes from, and what a new one looks like. Pure, but for
 * `newSecret`.
 */
import { randomBytes } from "node:crypto";

/** Without these the receiver accepts no callback and answers no look-up. */
export const REQUIRED_SECRETS = ["CALLBACK_KEYS", "LOOKUP_TOKENS"] as const;

export interface SecretsToSet {
  /** From the environment: never shown. */
  given: Record<string, string>;
  /** Made by a run before this one that was not seen to set them. */
  pending: Record<string, string>;
  /** Names of those that have to be made. */
  toMake: string[];
  /** In the environment, and already set: left as they are. */
  ignored: string[];
}

interface Sources {
  /** Names of secrets that the Worker has. */
  set: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** What an earlier run made. */
  pending: Readonly<Record<string, string>>;
  replace: boolean;
}

export function planSecrets({ set, environment, pending, replace }: Sources): SecretsToSet {
  const plan: SecretsToSet = { given: {}, pending: {}, toMake: [], ignored: [] };
  for (const name of REQUIRED_SECRETS) {
    const given = environment[name]?.trim() || undefined;
    const isSet = set.includes(name);
    if (isSet && !replace) {
      if (given !== undefined) plan.ignored.push(name);
    } else if (given !== undefined) plan.given[name] = given;
    else if (!isSet && pending[name] !== undefined) plan.pending[name] = pending[name];
    else plan.toMake.push(name);
  }
  return plan;
}

/**
 * 128 random bits as 32 hexadecimal digits. Cloudflare's logs replace exactly such a run in a URL by REDACTED, and 32
 * characters leave room for the host within the 100 that a page of CI's documentation allows.
 */
export const newSecret = (): string => randomBytes(16).toString("hex");

/** "CALLBACK_KEYS and LOOKUP_TOKENS", or the one that there is. */
export const namesText = (names: readonly string[]): string => names.join(" and ");

export const secretLines = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([name, value]) => `  ${name.padEnd(16)}${value}`)
    .join("\n");
