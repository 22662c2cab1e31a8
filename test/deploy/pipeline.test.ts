/** Where nobody can be asked: secrets, tokens, accounts, limits. Each says what to do, before anything was made. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { newAccount } from "./standin/account.ts";
import { refused } from "./standin/answer.ts";
import type { Permission } from "./standin/server.ts";
import { endScene, GIVEN, HAS_TERMINAL, shownSecrets, startScene, WORKER } from "./scene.ts";

afterEach(endScene);

describe("secrets", () => {
  test.each([{ CI: "true" }, { TF_BUILD: "True" }, { JENKINS_URL: "https://j.example.net" }, { CI: "false" }, {}])(
    "are not made with %j, where a log would keep them",
    async (env) => {
      const scene = await startScene();
      const { code, output, changes } = await scene.deploy({ env });
      expect([code, changes, shownSecrets(output)]).toEqual([1, [], {}]);
      expect(output).toContain("CALLBACK_KEYS and LOOKUP_TOKENS are not set on the Worker.");
      expect(output).toContain("Put them into the environment (32 hexadecimal digits each: openssl rand -hex 16)");
    },
  );

  test("of the environment are set, and appear nowhere in the output", async () => {
    const scene = await startScene();
    const { code, output } = await scene.deploy({ env: { ...GIVEN, CI: "true" } });
    expect([code, scene.secrets()]).toEqual([0, GIVEN]);
    expect(Object.values(GIVEN).filter((secret) => output.includes(secret))).toEqual([]);
    expect(output).toContain("/callbacks/<one of CALLBACK_KEYS></CallBack>");
  });

  test("that are set stay, whatever the environment has, and the deploy says so", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    const other = { ...GIVEN, CALLBACK_KEYS: "fedcba98765432100123456789abcdef" };
    const kept = await scene.deploy({ env: other });
    expect([kept.code, scene.secrets()]).toEqual([1, GIVEN]);
    expect(kept.output).toContain("in the environment, but set on the Worker already, and left as set there.");
    expect(kept.output).toContain("the key is not one of the receiver's CALLBACK_KEYS");
    const replaced = await scene.deploy({ args: ["--replace-secrets"], env: other });
    expect([replaced.code, scene.secrets()]).toEqual([0, other]);
  });

  test.runIf(HAS_TERMINAL)("that nobody knows any more are replaced on demand", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    const { code, output } = await scene.deploy({ args: ["--replace-secrets"], terminal: [] });
    expect([code, scene.secrets()]).toEqual([0, shownSecrets(output)]);
    expect(scene.secrets()).not.toEqual(GIVEN);
  });
});

describe("a token", () => {
  const NEEDED: Permission[] = ["Workers Scripts", "D1", "Workers KV Storage"];
  const withToken = async (may: Permission[], queue = false) => {
    const scene = await startScene();
    scene.standIn.tokens.set("narrow", { accounts: [scene.account], may });
    if (queue) scene.edit("wrangler.toml", (text) => text.replace('INTAKE = "direct"', 'INTAKE = "queue"'));
    const env = { ...GIVEN, CLOUDFLARE_API_TOKEN: "narrow" };
    return { scene, env, withId: { ...env, CLOUDFLARE_ACCOUNT_ID: scene.account.id } };
  };

  test("needs three permissions, and to be told the account", async () => {
    const { scene, env, withId } = await withToken(NEEDED);
    const unnamed = await scene.deploy({ env });
    expect([unnamed.code, unnamed.changes]).toEqual([1, []]);
    expect(unnamed.output).toContain("The token may not list accounts. Set CLOUDFLARE_ACCOUNT_ID");
    expect((await scene.deploy({ env: withId })).code).toBe(0);
  });

  test.each(NEEDED)("without %s is told so before anything is made", async (missing) => {
    const { scene, withId } = await withToken(NEEDED.filter((permission) => permission !== missing));
    const { code, output, changes } = await scene.deploy({ env: withId });
    expect([code, changes]).toEqual([1, []]);
    expect(output).toContain(`The token lacks a permission: ${missing}: Edit.`);
  });

  test("needs Queues for INTAKE=queue", async () => {
    const { scene, withId } = await withToken(NEEDED, true);
    const { code, output, changes } = await scene.deploy({ env: withId });
    expect([code, changes]).toEqual([1, []]);
    expect(output).toContain("The token lacks a permission: Queues: Edit.");
  });

  test("that is wrong, a network that is down, and a fault of Cloudflare's are three messages, in a dry run too", async () => {
    const scene = await startScene();
    const messages: string[] = [];
    for (const args of [[], ["--dry-run"]]) {
      const wrong = await scene.deploy({ args, env: { CLOUDFLARE_API_TOKEN: "wrong" } });
      const offline = await scene.deploy({ args, env: { CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1/client/v4" } });
      scene.standIn.faults.push({
        method: "GET",
        path: /^\/accounts$/,
        times: 3,
        before: () => refused(503, 10013, "busy"),
      });
      const busy = await scene.deploy({ args });
      expect([wrong.code, offline.code, busy.code]).toEqual([1, 1, 1]);
      messages.push(wrong.output, offline.output, busy.output);
    }
    expect(messages.map((message) => message.trim())).toEqual(
      [1, 2].flatMap(() => [
        expect.stringMatching(/^Cloudflare does not accept the token: it is wrong, revoked or expired\./) as string,
        expect.stringMatching(/^Cloudflare's API at 127\.0\.0\.1:1 cannot be reached/) as string,
        expect.stringMatching(/^Cloudflare's API answers 503 \(busy\)\. See cloudflarestatus\.com/) as string,
      ]),
    );
  });

  test("that is not there is asked for; a dry run shows the plan of a new account", async () => {
    const scene = await startScene();
    const env = { CLOUDFLARE_API_TOKEN: undefined };
    const { code, output } = await scene.deploy({ env });
    expect([code, output.trim()]).toEqual([1, "Not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN."]);
    const dry = await scene.deploy({ args: ["--dry-run"], env });
    expect([dry.code, dry.output]).toEqual([
      0,
      expect.stringMatching(/^Not logged in, so this is the plan for a new account\./),
    ]);
  });

  test("for several accounts needs to be told which; names are for a terminal only", async () => {
    const scene = await startScene();
    const other = newAccount({ name: "Other" });
    scene.standIn.tokens.set("both", { accounts: [other, scene.account], may: "all" });
    const env = { ...GIVEN, CLOUDFLARE_API_TOKEN: "both" };
    const unnamed = await scene.deploy({ env });
    expect([unnamed.code, unnamed.changes]).toEqual([1, []]);
    expect(unnamed.output).toContain(`several accounts: ${other.id}, ${scene.account.id}. Set CLOUDFLARE_ACCOUNT_ID`);
    if (!HAS_TERMINAL) return;
    const none = await scene.deploy({ env, terminal: [[/Select an account, 1 to 2/, "\r"]] });
    expect([none.code, none.output]).toEqual([
      1,
      expect.stringContaining("No account was chosen, so nothing was done."),
    ]);
    const second = await scene.deploy({ env, terminal: [[/Select an account, 1 to 2/, "2\r"]] });
    expect([second.code, second.output]).toEqual([0, expect.stringContaining("Account Stand-in")]);
  });
});

describe("a limit of the account", () => {
  test("of databases is told before anything is made", async () => {
    const scene = await startScene({ databaseLimit: 0 });
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, scene.account.namespaces, scene.account.scripts.size]).toEqual([1, [], 0]);
    expect(output).toContain("The account has as many D1 databases as its plan allows.");
  });

  test("of cron triggers is told, with what is live meanwhile", async () => {
    const scene = await startScene({ freeCrons: 0 });
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, scene.secrets()]).toEqual([1, GIVEN]);
    expect(output).toContain(
      "The new version is live, but not all of the deploy was done: The account has as many cron triggers",
    );
    scene.account.freeCrons = 1;
    expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
  });

  test("that has no Analytics Engine is told, and what was made is used afterwards", async () => {
    const scene = await startScene();
    const block = '\n[[analytics_engine_datasets]]\nbinding = "ANALYTICS"\ndataset = "ci_callbacks"\n';
    appendFileSync(join(scene.folder, "wrangler.toml"), block);
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, scene.account.scripts.size]).toEqual([1, 0]);
    expect(output).toContain("Analytics Engine is not enabled in this account. Enable it in the dashboard");
    scene.edit("wrangler.toml", (text) => text.replace(block, ""));
    expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
    expect([scene.account.databases.length, scene.account.namespaces.length]).toEqual([1, 1]);
  });

  test("that has no name on workers.dev is told before anything is made", async () => {
    const scene = await startScene({ subdomain: null });
    const { code, output, changes } = await scene.deploy({ env: GIVEN });
    expect([code, changes]).toEqual([1, []]);
    expect(output).toContain("The account has no name on workers.dev yet.");
  });
});

test("a setting that the receiver refuses is refused before the upload", async () => {
  const scene = await startScene();
  scene.edit("wrangler.toml", (text) =>
    text.replace('STORE = "d1"', 'STORE = "redis"').replace('LOG_LEVEL = "info"', 'LOG_LEVL = "info"'),
  );
  const { code, output } = await scene.deploy({ env: GIVEN });
  expect([code, scene.standIn.requests]).toEqual([1, []]);
  expect(output).toContain('STORE is "redis". Allowed: one of d1, kv.');
});

test.each([
  ["minify = true", "minify = ", /^wrangler\.toml.*: /],
  [`name = "${WORKER}"`, "", /^wrangler\.toml has no `name`\./],
  ['binding = "DB"', 'binding = "OTHER"', /^wrangler\.toml has no \[\[d1_databases\]\] with binding = "DB"\.$/],
])("wrangler.toml with %s changed to %j is refused in a sentence", async (from, to, message) => {
  const scene = await startScene();
  scene.edit("wrangler.toml", (text) => text.replace(from, to));
  const { code, output } = await scene.deploy({ env: GIVEN });
  expect([code, output.trim()]).toEqual([1, expect.stringMatching(message)]);
});
