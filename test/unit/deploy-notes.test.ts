/** What a deploy reads in what wrangler writes. */
import { describe, expect, test } from "vitest";
import { adviceOn } from "../../tools/deploy/advice.ts";
import { readOptions } from "../../tools/deploy/options.ts";
import { addressIn, type Entry, versionIn } from "../../tools/deploy/wrangler.ts";

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
