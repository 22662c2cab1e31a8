/**
 * Every var and secret, with its default and what is allowed. docs/settings.md has the same table for people, and a test
 * holds the two equal. settings.ts reads them.
 */
import { DEFAULT_ENDPOINT, ENDPOINT_ALLOWED, QUEUES_ALLOWED } from "./reconcile/queues.ts";
import { SIGNING_ALLOWED, URLS_ALLOWED } from "./events/endpoints.ts";
import { WANTED_EVENTS } from "./events/events.ts";

/** Every setting. One with a `fallback` has that value while it is not set. */
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

/** Names of the settings of one kind. */
export type Named<Kind extends Setting["kind"]> = {
  [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends { kind: Kind } ? Name : never;
}[keyof typeof SETTINGS];

/** What is allowed for a setting, in words: for docs/settings.md and for the text of a fault. */
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
