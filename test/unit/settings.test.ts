/** The settings: read from what a deployment gives, and the same in the code, the docs and wrangler.toml. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allowedOf, SETTINGS } from "../../src/setting-table.ts";
import { faultText, missingSecrets, readSettings } from "../../src/settings.ts";

const NAMES = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
const fileOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const fallbackOf = (name: keyof typeof SETTINGS): string | null => {
  const setting = SETTINGS[name];
  return "fallback" in setting ? String(setting.fallback) : null;
};

const ALL = {
  CALLBACK_KEYS: "a, b,,",
  LOOKUP_TOKENS: " t ",
  STORE: "d1",
  INTAKE: "queue",
  MAX_BODY_BYTES: "1000",
  STORE_DEADLINE_MILLISECONDS: "250",
  UPKEEP_OPERATIONS: "900",
  RETENTION_DAYS_JOBS: "365",
  RETENTION_DAYS_BYTES: "30",
  RETENTION_DAYS_QUARANTINED: "90",
  RETENTION_DAYS_EVENTS: "3",
  FORWARD_URLS: "https://a.example/hook?x=1,2, http://localhost:9999/",
  FORWARD_SECRETS: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  FORWARD_EVENTS: "run.finished,job.finished",
  CI_SECRET_ID: "id",
  CI_SECRET_KEY: " key ",
  CI_SECURITY_TOKEN: "token",
  CI_ENDPOINT: "http://localhost:9999",
  CI_QUEUES: '[{"bucket":"media-1250000000","region":"ap-shanghai","queueId":"p1","tags":["Transcode"]}]',
  SWEEP_HOURS: "48",
  VERIFY: "on",
  VERIFY_LIMIT_SECONDS: "60",
  LOG_LEVEL: "warn",
};

const QUEUES = [{ bucket: "media-1250000000", region: "ap-shanghai", queueId: "p1", tags: ["Transcode"] }];

const NOT_ASKING = {
  keys: null,
  endpoint: "https://{bucket}.ci.{region}.myqcloud.com",
  queues: null,
  sweepHours: 24,
  isVerifying: false,
  verifyLimitSeconds: 900,
};

const NOT_FORWARDING = { urls: [], areUrlsGood: true, secrets: [], events: ["job.finished"] };

test("every setting is read", () => {
  expect(Object.keys(ALL)).toEqual(NAMES);
  const { settings, faults } = readSettings({ ...ALL, INTAKE_QUEUE: {} });
  expect(faults).toEqual([]);
  expect(settings).toEqual({
    callbackKeys: ["a", "b"],
    lookupTokens: ["t"],
    store: "d1",
    intake: "queue",
    maxBodyBytes: 1000,
    storeDeadlineMilliseconds: 250,
    upkeepOperations: 900,
    retentionDays: { jobs: 365, bytes: 30, quarantined: 90, events: 3 },
    forward: {
      urls: ["https://a.example/hook?x=1,2", "http://localhost:9999/"],
      areUrlsGood: true,
      secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
      events: ["job.finished", "run.finished"],
    },
    ci: {
      keys: { secretId: "id", secretKey: "key", securityToken: "token" },
      endpoint: "http://localhost:9999",
      queues: QUEUES,
      sweepHours: 48,
      isVerifying: true,
      verifyLimitSeconds: 60,
    },
    logLevel: "warn",
  });
});

test.each([{}, Object.fromEntries(NAMES.map((name) => [name, " "]))])("one that is not set has its default", (env) => {
  const { settings, faults } = readSettings(env);
  expect(faults).toEqual([]);
  expect(settings).toEqual({
    callbackKeys: [],
    lookupTokens: [],
    store: "d1",
    intake: "direct",
    maxBodyBytes: 8 * 1024 * 1024,
    storeDeadlineMilliseconds: 3000,
    upkeepOperations: 45,
    retentionDays: { jobs: 0, bytes: 0, quarantined: 0, events: 7 },
    forward: NOT_FORWARDING,
    ci: NOT_ASKING,
    logLevel: "info",
  });
  expect(missingSecrets(settings)).toEqual(["CALLBACK_KEYS", "LOOKUP_TOKENS"]);
});

test.each([
  ["STORE", "D1", "one of d1, kv"],
  ["STORE", "toString", "one of d1, kv"],
  ["LOG_LEVEL", "verbose", "one of debug, info, warn, error"],
  ["MAX_BODY_BYTES", "8MB", "a whole number of bytes, 1 to 24000000"],
  ["MAX_BODY_BYTES", "1e3", "a whole number of bytes, 1 to 24000000"],
  ["MAX_BODY_BYTES", 0, "a whole number of bytes, 1 to 24000000"],
  ["MAX_BODY_BYTES", "24000001", "a whole number of bytes, 1 to 24000000"],
  ["STORE_DEADLINE_MILLISECONDS", true, "a whole number of milliseconds, 100 to 20000"],
  ["STORE_DEADLINE_MILLISECONDS", "99", "a whole number of milliseconds, 100 to 20000"],
  ["UPKEEP_OPERATIONS", "10", "a whole number of calls to D1, KV, endpoints and CI, 45 to 100000"],
  ["RETENTION_DAYS_JOBS", "-1", "a whole number of days, 0 to 36500"],
  ["RETENTION_DAYS_BYTES", "1.5", "a whole number of days, 0 to 36500"],
  ["RETENTION_DAYS_QUARANTINED", "for ever", "a whole number of days, 0 to 36500"],
  ["RETENTION_DAYS_EVENTS", "a week", "a whole number of days, 0 to 36500"],
  ["SWEEP_HOURS", "0", "a whole number of hours, 1 to 720"],
  ["VERIFY", "yes", "one of off, on"],
  ["VERIFY_LIMIT_SECONDS", "1d", "a whole number of seconds, 0 to 86400"],
  ["CI_ENDPOINT", "http://ci.example", allowedOf("CI_ENDPOINT")],
  ["CI_ENDPOINT", "https://user@ci.example", allowedOf("CI_ENDPOINT")],
  [
    "FORWARD_EVENTS",
    "job.finished,job.begun",
    "one or more of job.finished, job.updated, run.finished, job.overdue, delivery.quarantined",
  ],
])("%s = %j is a fault, and its default stands in", (name, value, allowed) => {
  const usual = readSettings({ INTAKE_QUEUE: {} });
  const { settings, faults } = readSettings({ INTAKE_QUEUE: {}, [name]: value });
  expect(settings).toEqual(usual.settings);
  expect(faults).toEqual([{ name, value: String(value), allowed }]);
  expect(faults.map(faultText)).toEqual([`${name} is "${value}". Allowed: ${allowed}. The default is used instead.`]);
});

test("a wrong endpoint or signing secret is a fault that does not show it; the others are used", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const { settings, faults } = readSettings({
    FORWARD_URLS: "https://a.example/hook,http://hidden.example/?token=hidden",
    FORWARD_SECRETS: `${secret},whsec_hidden!`,
  });
  expect(settings.forward).toMatchObject({ urls: ["https://a.example/hook"], areUrlsGood: false, secrets: [secret] });
  expect(faults.map(({ name, value }) => [name, value])).toEqual([
    ["FORWARD_URLS", null],
    ["FORWARD_SECRETS", null],
  ]);
  expect(faults.map(faultText)).toEqual([
    `FORWARD_URLS: Value 2 of 2 is not allowed, and is left out. Allowed: ${allowedOf("FORWARD_URLS")}.`,
    `FORWARD_SECRETS: Value 2 of 2 is not allowed, and is left out. Allowed: ${allowedOf("FORWARD_SECRETS")}.`,
  ]);
  expect(JSON.stringify(faults)).not.toContain("hidden");
});

test("an endpoint without a secret to sign with is a fault; a secret without an endpoint is none", () => {
  const { settings, faults } = readSettings({ FORWARD_URLS: "https://a.example/hook" });
  expect(settings.forward.urls).toEqual(["https://a.example/hook"]);
  expect(faults.map(faultText)).toEqual([
    `FORWARD_SECRETS: None can be used, so events wait until one is set. Allowed: ${allowedOf("FORWARD_SECRETS")}.`,
  ]);
  const wrong = readSettings({ FORWARD_URLS: "https://a.example/hook", FORWARD_SECRETS: "hidden,whsec_hidden" });
  expect(wrong.faults.map(faultText)).toEqual([
    `FORWARD_SECRETS: Value 1 of 2 is not allowed, and is left out. Value 2 of 2 is not allowed, and is left out. None can be used, so events wait until one is set. Allowed: ${allowedOf("FORWARD_SECRETS")}.`,
  ]);
  expect(readSettings({ FORWARD_SECRETS: ALL.FORWARD_SECRETS }).faults).toEqual([]);
});

test.each([
  "[]",
  "{}",
  "media",
  '[{"bucket":"evil.com#-1","region":"ap-shanghai","queueId":"p1","tags":["Transcode"]}]',
])("CI_QUEUES = %s is a fault, and no bucket is asked about instead of all", (CI_QUEUES) => {
  const { settings, faults } = readSettings({ CI_QUEUES });
  expect(settings.ci.queues).toEqual([]);
  expect(faults).toEqual([{ name: "CI_QUEUES", value: CI_QUEUES, allowed: allowedOf("CI_QUEUES") }]);
});

test("CI_QUEUES may be a value of TOML", () => {
  expect(readSettings({ CI_QUEUES: QUEUES }).settings.ci.queues).toEqual(QUEUES);
});

test("one half of the keys is a fault that does not show it, and nothing is asked", () => {
  const { settings, faults } = readSettings({ CI_SECRET_ID: "hidden", VERIFY: "on" });
  expect(settings.ci).toMatchObject({ keys: null, isVerifying: false });
  expect(faults.map(({ name }) => name)).toEqual(["CI_SECRET_ID", "VERIFY"]);
  expect(JSON.stringify(faults)).not.toContain("hidden");
});

test("VERIFY=on with STORE=kv, which keeps no verdicts, is a fault", () => {
  const { settings, faults } = readSettings({ STORE: "kv", VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" });
  expect(settings.ci.isVerifying).toBe(false);
  expect(faults).toEqual([{ name: "VERIFY", value: "on", allowed: "on only with STORE=d1" }]);
});

test("INTAKE=queue without its binding is a fault, and callbacks are written at once", () => {
  const { settings, faults } = readSettings({ INTAKE: "queue" });
  expect(settings.intake).toBe("direct");
  expect(faults).toMatchObject([{ name: "INTAKE", value: "queue" }]);
});

test("a number in wrangler.toml is as good as its text", () => {
  expect(readSettings({ ...ALL, MAX_BODY_BYTES: 2000 }).settings.maxBodyBytes).toBe(2000);
});

test("docs/settings.md has the same settings, defaults and values allowed", () => {
  const rows = [...fileOf("docs/settings.md").matchAll(/^\| `([A-Z_]+)` \| (?:`(.+?)`|none: .+?) \| (.+) \|$/gm)];
  const documented = rows.filter(([, name]) => name !== undefined && name in SETTINGS);
  expect(documented.map(([, name, fallback, allowed]) => [name, fallback ?? null, allowed])).toEqual(
    NAMES.map((name) => [name, fallbackOf(name), allowedOf(name)]),
  );
});

test("docs/settings.md says of each what it does", () => {
  const text = fileOf("docs/settings.md");
  expect(NAMES.filter((name) => !text.includes(`**\`${name}\`**`))).toEqual([]);
});

test("wrangler.toml has every var at its default", () => {
  const text = fileOf("wrangler.toml");
  const vars = [...(/^\[vars\]\n((?:.+\n)+)/m.exec(text)?.[1] ?? "").matchAll(/^(\w+) = "(.*)"$/gm)];
  expect(vars.map(([, name, value]) => [name, value])).toEqual(
    NAMES.filter((name) => fallbackOf(name) !== null).map((name) => [name, fallbackOf(name)]),
  );
});

test("the Deploy to Cloudflare button describes every setting, and a local run has a secret of each kind", () => {
  const { cloudflare } = JSON.parse(fileOf("package.json")) as { cloudflare: { bindings: object } };
  expect(Object.keys(cloudflare.bindings).toSorted()).toEqual([...NAMES, "DB", "KV"].toSorted());
  const asked = [...fileOf(".dev.vars.example").matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  expect(asked).toEqual([
    ["CALLBACK_KEYS", "local-callback-key"],
    ["LOOKUP_TOKENS", "local-lookup-token"],
  ]);
});
