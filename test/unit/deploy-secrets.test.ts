/** The secrets of a deploy, and what a deploy makes of the answers of wrangler. */
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { adviceOn } from "../../tools/deploy/advice.ts";
import { readOptions } from "../../tools/deploy/options.ts";
import { dropPending, keepPending, pendingPath, readPending } from "../../tools/deploy/pending.ts";
import { newSecret, planSecrets } from "../../tools/deploy/secrets.ts";
import { addressIn, type Entry, versionIn } from "../../tools/deploy/wrangler.ts";
import { isRedacted } from "../../tools/doctor/key.ts";
import { NO_SECRETS } from "./deploy-wanted.ts";

describe("secrets", () => {
  const given = { CALLBACK_KEYS: "given", LOOKUP_TOKENS: " " };
  const set = ["CALLBACK_KEYS"];

  test.each([
    ["none anywhere", {}, { toMake: ["CALLBACK_KEYS", "LOOKUP_TOKENS"] }],
    [
      "one in the environment",
      { environment: given },
      { given: { CALLBACK_KEYS: "given" }, toMake: ["LOOKUP_TOKENS"] },
    ],
    ["one set", { set }, { toMake: ["LOOKUP_TOKENS"] }],
    [
      "one set and in the environment",
      { set, environment: given },
      { ignored: ["CALLBACK_KEYS"], toMake: ["LOOKUP_TOKENS"] },
    ],
    [
      "both made by an earlier run, and one set since",
      { set, pending: { CALLBACK_KEYS: "a", LOOKUP_TOKENS: "b" } },
      { pending: { LOOKUP_TOKENS: "b" } },
    ],
    [
      "one to be replaced by the environment's, and one by a new one",
      { set: ["CALLBACK_KEYS", "LOOKUP_TOKENS"], environment: given, pending: { LOOKUP_TOKENS: "b" }, replace: true },
      { given: { CALLBACK_KEYS: "given" }, toMake: ["LOOKUP_TOKENS"] },
    ],
  ])("%s", (_, sources, expected) => {
    const plan = planSecrets({ set: [], environment: {}, pending: {}, replace: false, ...sources });
    expect(plan).toEqual({ ...NO_SECRETS, ...expected });
  });

  test("that are made have the shape that Cloudflare's logs redact, and are not the same twice", () => {
    const [first, second] = [newSecret(), newSecret()];
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(isRedacted(first)).toBe(true);
    expect(first).not.toBe(second);
  });

  test("that are kept can be read by their owner only, and are forgotten by name", () => {
    const file = join(mkdtempSync(join(tmpdir(), "receiver-")), pendingPath("account", "worker"));
    expect(readPending(file)).toEqual({});
    keepPending(file, { CALLBACK_KEYS: "a", LOOKUP_TOKENS: "b" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    dropPending(file, ["CALLBACK_KEYS"]);
    expect([readPending(file), statSync(file).mode & 0o777]).toEqual([{ LOOKUP_TOKENS: "b" }, 0o600]);
    dropPending(file, ["LOOKUP_TOKENS"]);
    expect(readdirSync(join(file, ".."))).toEqual([]);
  });
});

describe("what wrangler notes", () => {
  const deployed = (targets?: string[], version_id: string | null = "v"): Entry[] => [
    { type: "wrangler-session" },
    { type: "deploy", version_id, ...(targets && { targets }) },
  ];

  test.each([
    [["https://r.team.workers.dev"], { url: "https://r.team.workers.dev", kind: "workers.dev" }],
    [
      ["https://r.team.workers.dev", "callbacks.example.com (custom domain)"],
      { url: "https://callbacks.example.com", kind: "custom domain" },
    ],
    [
      ["callbacks.example.com (custom domain - zone id: 1)", "schedule: */2 * * * *"],
      { url: "https://callbacks.example.com", kind: "custom domain" },
    ],
    [["callbacks.example.com/* (zone name: example.com)"], { url: "https://callbacks.example.com", kind: "route" }],
    [["*.example.com/* (zone name: example.com)", "schedule: */2 * * * *"], null],
    [["example.com/ci/* (zone name: example.com)"], null],
  ])("of %j is the address %j", (targets, address) => {
    expect(addressIn(deployed(targets))).toEqual(address);
  });

  test("is no version where a question was answered with no", () => {
    expect([versionIn(deployed([])), versionIn(deployed(undefined, null)), versionIn([])]).toEqual(["v", null, null]);
  });

  test.each<[failure: Entry | null, output: string, advice: RegExp]>([
    [{ type: "command-failed", code: 7406, message: "A request failed." }, "", /as many D1 databases/],
    [{ type: "command-failed", message: "Cron schedules:\n limit of 5. [code: 10072]" }, "", /as many cron triggers/],
    [{ type: "command-failed", message: 'Publishing to Custom Domain "a" was skipped' }, "", /was not published/],
    [
      { type: "command-failed", message: "A request failed." },
      "internal [code:\n 10013]",
      /a fault on Cloudflare's side/,
    ],
    [
      { type: "command-failed", message: "You need to register a workers.dev subdomain" },
      "",
      /has no name on workers\.dev/,
    ],
    [
      { type: "command-failed", message: "You have reached the maximum number of D1 databases" },
      "",
      /as many D1 databases/,
    ],
    [{ type: "command-failed", message: "Something new" }, "", /^$/],
    [null, "", /^$/],
  ])("%j %j is advised on", (failure, output, advice) => {
    expect(adviceOn(failure, output)).toMatch(advice);
  });
});

test.each([
  [["--location", "beijing"], "--location beijing is not one of wnam, enam, weur, eeur, apac, oc."],
  [["--lokation", "apac"], expect.stringMatching(/^Unknown option '--lokation'/) as string],
])("%j is refused", (args, error) => {
  expect(readOptions(args)).toEqual({ ok: false, error });
});
