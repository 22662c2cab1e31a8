/** The straight ways: a first deploy, an upgrade, callbacks meanwhile, and what is uploaded. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { activeVersion } from "./standin/account.ts";
import { endScene, GIVEN, HAS_TERMINAL, HOST, shownSecrets, startScene, WORKER } from "./scene.ts";

afterEach(endScene);

test.runIf(HAS_TERMINAL)(
  "on a new account makes the database, its tables, the namespace, then the Worker, and shows the secrets before it sends them",
  async () => {
    const scene = await startScene();
    let shownAtUpload = false;
    let fileAtUpload: { mode: number; text: string } | null = null;
    const folder = join(scene.folder, ".wrangler/receiver");
    scene.standIn.faults.push({
      method: "PUT",
      path: /\/scripts\/[^/]+$/,
      after: () => {
        shownAtUpload = true;
        const [file = ""] = readdirSync(folder);
        fileAtUpload = {
          mode: statSync(join(folder, file)).mode & 0o777,
          text: scene.read(`.wrangler/receiver/${file}`),
        };
      },
    });
    const { code, output, changes } = await scene.deploy({ terminal: [] });
    expect(changes).toEqual([
      "POST /d1/database",
      "POST /storage/kv/namespaces",
      `PUT /workers/scripts/${WORKER}`,
      `POST /workers/scripts/${WORKER}/subdomain`,
      `PUT /workers/scripts/${WORKER}/schedules`,
    ]);
    const migrated = scene.standIn.requests.findLastIndex((request) => request.endsWith("/query"));
    expect(migrated).toBeLessThan(scene.standIn.requests.indexOf(`PUT /workers/scripts/${WORKER}`));
    expect(scene.account.databases.map(({ name }) => name)).toEqual([`${WORKER}-db`]);
    expect(scene.account.namespaces.map(({ title }) => title)).toEqual([`${WORKER}-kv`]);
    const shown = shownSecrets(output);
    expect(shown).toEqual(scene.secrets());
    expect(Object.keys(shown)).toEqual(["CALLBACK_KEYS", "LOOKUP_TOKENS"]);
    expect(shownAtUpload).toBe(true);
    expect(fileAtUpload).toEqual({ mode: 0o600, text: JSON.stringify(shown) });
    expect(output.indexOf("They are not in force yet")).toBeLessThan(output.indexOf("Total Upload"));
    expect(output).toContain("CALLBACK_KEYS and LOOKUP_TOKENS: set, and in force.");
    expect(output).toContain(`<CallBack>https://${HOST}/callbacks/${shown["CALLBACK_KEYS"]}</CallBack>`);
    expect([code, readdirSync(folder), existsSync(join(scene.folder, "wrangler.deploy.toml"))]).toEqual([0, [], false]);
    expect(scene.account.scripts.get(WORKER)?.hasPreviews).toBe(false);
  },
);

test("posted all the while, no callback that was acknowledged is lost, and none is refused once a version is live", async () => {
  const scene = await startScene();
  const statuses: { phase: string; status: number }[] = [];
  let phase = "first";
  const stop = new AbortController();
  const posting = (async () => {
    for (let at = 0; !stop.signal.aborted; at += 1) {
      const body = `<Response><JobsDetail><Code>Success</Code><JobId>probe-${at}</JobId><State>Success</State><Tag>Probe</Tag></JobsDetail></Response>`;
      const status = await scene.post(body);
      statuses.push({ phase, status });
    }
  })();
  expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
  phase = "upgrade";
  scene.edit("migrations/9999_note.sql", () => "ALTER TABLE jobs ADD COLUMN note TEXT;\n");
  const upgrade = await scene.deploy();
  stop.abort();
  await posting;
  expect(upgrade.code).toBe(0);
  expect(await scene.rows("SELECT count(*) AS n FROM d1_migrations WHERE name = '9999_note.sql'")).toEqual([{ n: 1 }]);
  const live = statuses.findIndex(({ status }) => status === 200);
  expect(statuses.slice(0, live).every(({ status }) => status === 0)).toBe(true);
  expect(statuses.slice(live).filter(({ status }) => status !== 200)).toEqual([]);
  expect(statuses.filter((entry) => entry.phase === "upgrade").length).toBeGreaterThan(0);
  const taken = statuses.length - live;
  expect(await scene.rows("SELECT count(*) AS n FROM jobs WHERE job_id LIKE 'probe-%'")).toEqual([{ n: taken }]);
});

test("again makes nothing, and keeps the secrets and the database", async () => {
  const scene = await startScene();
  await scene.deploy({ env: GIVEN });
  const before = scene.bound("d1", "id");
  const { code, output, changes } = await scene.deploy();
  expect(changes).toEqual([
    `POST /workers/scripts/${WORKER}/versions`,
    `POST /workers/scripts/${WORKER}/deployments`,
    `PATCH /workers/scripts/${WORKER}/script-settings`,
    `POST /workers/scripts/${WORKER}/subdomain`,
    `PUT /workers/scripts/${WORKER}/schedules`,
  ]);
  expect([code, scene.secrets(), scene.bound("d1", "id")]).toEqual([0, GIVEN, before]);
  expect(output).toContain("Cloudflare shows them to nobody. If they are lost:");
});

test("uploads what records no URL: logs without invocations, and no traces", async () => {
  const scene = await startScene();
  await scene.deploy({ env: GIVEN });
  await scene.deploy();
  expect(scene.account.scripts.get(WORKER)?.settings["observability"]).toMatchObject({
    logs: { enabled: true, invocation_logs: false },
    traces: { enabled: false },
  });
  expect(activeVersion(scene.account.scripts.get(WORKER))?.bindings).toContainEqual(
    expect.objectContaining({ type: "ratelimit", namespace_id: expect.not.stringMatching(/^100\d$/) as string }),
  );
});

test("a migration that fails changes nothing, and the next run goes on", async () => {
  const scene = await startScene();
  await scene.deploy({ env: GIVEN });
  scene.edit("migrations/9998_good.sql", () => "ALTER TABLE jobs ADD COLUMN note TEXT;\n");
  scene.edit(
    "migrations/9999_bad.sql",
    () => "ALTER TABLE jobs ADD COLUMN other TEXT;\nALTER TABLE nowhere ADD COLUMN x TEXT;\n",
  );
  const failed = await scene.deploy();
  expect(failed.code).toBe(1);
  expect(failed.output).toContain("D1 refused a statement of a migration.");
  expect(scene.account.scripts.get(WORKER)?.versions).toHaveLength(1);
  expect(await scene.rows("SELECT name FROM pragma_table_info('jobs') WHERE name IN ('note', 'other')")).toEqual([
    { name: "note" },
  ]);
  scene.edit("migrations/9999_bad.sql", () => "ALTER TABLE jobs ADD COLUMN other TEXT;\n");
  expect((await scene.deploy()).code).toBe(0);
});

test("wrangler.toml is read as TOML: line ends, comments and colours are no matter", async () => {
  const scene = await startScene();
  scene.edit("wrangler.toml", (text) => text.replace("[vars]", "[vars] # below\n# Another.").replaceAll("\n", "\r\n"));
  scene.edit("migrations/0001_deliveries_jobs_runs.sql", (text) => text.replaceAll("\n", "\r\n"));
  const { code, output } = await scene.deploy({ env: { ...GIVEN, WRANGLER_LOG: "debug", FORCE_COLOR: "1" } });
  expect(code).toBe(0);
  expect(Object.values(GIVEN).filter((secret) => output.includes(secret))).toEqual([]);
});

test("a dry run says what it would do, as docs/deploy.md shows it, and changes nothing", async () => {
  const scene = await startScene();
  const args = ["--dry-run", "--location", "apac"];
  const { code, output, changes } = await scene.deploy({ args, env: { CLOUDFLARE_API_TOKEN: undefined } });
  expect([code, changes]).toEqual([0, []]);
  const docs = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
  expect(docs).toContain(`$ npm run deploy -- ${args.join(" ")}\n${output}\`\`\``);
  const deployed = await scene.deploy({ args, env: GIVEN });
  expect([deployed.code, deployed.changes]).toEqual([0, []]);
});
