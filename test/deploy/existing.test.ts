/** An account that has something already: resources by name, other receivers, questions, addresses. */
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { activeVersion, addDeployment, newId, type Script } from "./standin/account.ts";
import { endScene, GIVEN, HAS_TERMINAL, HOST, type Scene, shownSecrets, startScene, WORKER } from "./scene.ts";

afterEach(endScene);

const scriptOf = (scene: Scene, worker = WORKER): Script => scene.account.scripts.get(worker) as Script;

async function addDatabase(scene: Scene, name: string, sql: string): Promise<string> {
  const uuid = randomUUID();
  scene.account.databases.push({ uuid, name });
  await scene.standIn.runtime.update();
  await scene.standIn.runtime.query(uuid, sql);
  return uuid;
}

describe("what is there is found by name, and used", () => {
  test("after the Worker was deleted, which leaves the database and the namespace", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    const [database, namespace] = [scene.bound("d1", "id"), scene.bound("kv_namespace", "namespace_id")];
    scene.account.scripts.delete(WORKER);
    expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
    expect([scene.bound("d1", "id"), scene.bound("kv_namespace", "namespace_id")]).toEqual([database, namespace]);
    expect([scene.account.databases.length, scene.account.namespaces.length]).toEqual([1, 1]);
  });

  test("after the database was deleted in the dashboard", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    scene.account.databases = [];
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, scene.account.databases.length]).toEqual([0, 1]);
    expect(scene.bound("d1", "id")).toBe(scene.account.databases[0]?.uuid);
    expect(output).toContain("look-up         the job is found");
  });

  test("when the Worker uses a database and a namespace of other names", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    for (const database of scene.account.databases) database.name = "ci-callbacks";
    for (const namespace of scene.account.namespaces) namespace.title = "a title of my own";
    const { code, output } = await scene.deploy();
    expect([code, scene.account.databases.length, scene.account.namespaces.length]).toEqual([0, 1, 1]);
    expect(output).toContain("The Worker uses the database ci-callbacks, and keeps it.");
  });

  test("in an account that has more of them than a page lists", async () => {
    const scene = await startScene({
      databaseLimit: 1_000,
      databases: Array.from({ length: 130 }, (_, at) => ({ uuid: randomUUID(), name: `other-${at}` })),
      namespaces: Array.from({ length: 130 }, (_, at) => ({ id: newId(), title: `other-${at}` })),
    });
    scene.account.namespaces.push({ id: newId(), title: `${WORKER}-kv` });
    expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
    expect([scene.account.databases.length, scene.account.namespaces.length]).toEqual([131, 131]);
  });
});

describe("a second receiver", () => {
  test("with another name shares nothing with the first", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    scene.edit("wrangler.toml", (text) => text.replace(`name = "${WORKER}"`, 'name = "receiver-staging"'));
    expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
    for (const [type, field] of [
      ["d1", "id"],
      ["kv_namespace", "namespace_id"],
    ] as const)
      expect(scene.bound(type, field, "receiver-staging")).not.toBe(scene.bound(type, field));
  });

  test("does not take the first one's database, unless it is told to", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    scene.edit("wrangler.toml", (text) =>
      text
        .replace(`name = "${WORKER}"`, 'name = "receiver-2"')
        .replace('binding = "DB"', `binding = "DB"\ndatabase_name = "${WORKER}-db"`),
    );
    const refused = await scene.deploy({ env: GIVEN });
    expect([refused.code, refused.changes]).toEqual([1, []]);
    expect(refused.output).toContain(`The database ${WORKER}-db holds the callbacks of a receiver`);
    expect((await scene.deploy({ args: ["--adopt"], env: GIVEN })).code).toBe(0);
    expect(scene.bound("d1", "id", "receiver-2")).toBe(scene.bound("d1", "id"));
  });

  test("under the name that Workers Builds gives it", async () => {
    const scene = await startScene();
    const { code } = await scene.deploy({ env: { ...GIVEN, CI: "true", WRANGLER_CI_OVERRIDE_NAME: "my-receiver" } });
    expect([code, [...scene.account.scripts.keys()]]).toEqual([0, ["my-receiver"]]);
    expect(scene.account.databases.map(({ name }) => name)).toEqual(["my-receiver-db"]);
  });
});

test("a database of another project is left alone", async () => {
  const scene = await startScene();
  await addDatabase(scene, `${WORKER}-db`, "CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT)");
  const { code, output, changes } = await scene.deploy({ env: GIVEN });
  expect([code, changes]).toEqual([1, []]);
  expect(output).toContain(`The database ${WORKER}-db holds tables of another project, so nothing was written to it.`);
  expect(await scene.rows("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")).toEqual([
    { name: "jobs" },
  ]);
});

test("a database that was created by hand, and is empty, is used", async () => {
  const scene = await startScene();
  const uuid = await addDatabase(scene, `${WORKER}-db`, "SELECT 1");
  const { code, output } = await scene.deploy({ args: ["--location", "apac"], env: GIVEN });
  expect([code, scene.bound("d1", "id")]).toEqual([0, uuid]);
  expect(output).toContain("--location has no effect");
});

describe.runIf(HAS_TERMINAL)("no to a question of wrangler's", () => {
  test("about a Worker that was edited in the dashboard", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    Object.assign(scriptOf(scene), { lastDeployedFrom: "dash", settings: { observability: { enabled: false } } });
    const { code, output } = await scene.deploy({ terminal: [[/Would you like to continue/, "n"]] });
    expect([code, scriptOf(scene).versions.length]).toEqual([1, 1]);
    expect(output).toContain("Nothing was uploaded: a question was answered with no. The Worker is as it was.");
  });

  test("about a Worker of the API without secrets: those that were shown are not in force, and come again", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    const version = activeVersion(scriptOf(scene));
    if (version !== undefined) version.bindings = version.bindings.filter(({ type }) => type !== "secret_text");
    scriptOf(scene).lastDeployedFrom = "api";
    const no = await scene.deploy({ terminal: [[/Would you like to continue/, "n"]] });
    expect([no.code, scene.secrets()]).toEqual([1, {}]);
    expect(no.output).toContain("The secrets above are not in force: the next run sends the same ones.");
    const yes = await scene.deploy({ terminal: [[/Would you like to continue/, "y"]] });
    expect([yes.code, scene.secrets(), shownSecrets(yes.output)]).toEqual([
      0,
      shownSecrets(no.output),
      shownSecrets(no.output),
    ]);
  });

  test("about two versions that share the traffic", async () => {
    const scene = await startScene();
    await scene.deploy({ env: GIVEN });
    await scene.deploy();
    const shares = scriptOf(scene).versions.map(({ id }, at) => ({
      version_id: id,
      percentage: [90, 10][at] as number,
    }));
    addDeployment(scriptOf(scene), ...shares);
    const { code, output } = await scene.deploy({ terminal: [[/Are you sure you want to continue/, "n\r"]] });
    expect([code, scriptOf(scene).versions.length]).toEqual([1, 2]);
    expect(output).toContain("Nothing was uploaded");
  });

  test("about a name on workers.dev", async () => {
    const scene = await startScene({ subdomain: null });
    const no = await scene.deploy({ terminal: [[/register a workers.dev subdomain now/, "n"]] });
    expect(no.code).toBe(1);
    expect(no.output).toContain("The account has no name on workers.dev.");
    scene.account.subdomain = "team";
    const again = await scene.deploy({ terminal: [] });
    expect([again.code, scene.secrets()]).toEqual([0, shownSecrets(no.output)]);
  });

  test("about a DNS record", async () => {
    const scene = await startScene({ zones: ["example.com"], records: new Set(["callbacks.example.com"]) });
    withDomain(scene);
    const no = await scene.deploy({ terminal: [[/Update them to point/, "n"]] });
    expect([no.code, scene.secrets()]).toEqual([1, shownSecrets(no.output)]);
    expect(no.output).toContain(
      "callbacks.example.com has a DNS record already. wrangler will ask whether to replace it.",
    );
    expect(no.output).toContain(
      "The new version is live, but not all of the deploy was done: The custom domain was not published",
    );
    expect(no.output).toContain("CALLBACK_KEYS and LOOKUP_TOKENS: set, and in force.");
    expect([...scene.account.records]).toEqual(["callbacks.example.com"]);
  });
});

const DOMAIN = 'routes = [{ pattern = "callbacks.example.com", custom_domain = true }]\nworkers_dev = false\n';
const withDomain = (scene: Scene, routes = DOMAIN): void =>
  scene.edit("wrangler.toml", (text) => text.replace("minify = true\n", `minify = true\n${routes}`));

describe("the address", () => {
  test("of a custom domain is examined", async () => {
    const scene = await startScene({ zones: ["example.com"] });
    withDomain(scene);
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, output]).toEqual([0, expect.stringContaining("https://callbacks.example.com answers")]);
  });

  test("of a zone's route is derived from it", async () => {
    const scene = await startScene({ zones: ["example.com"] });
    withDomain(
      scene,
      'routes = [{ pattern = "callbacks.example.com/*", zone_name = "example.com" }]\nworkers_dev = false\n',
    );
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, output]).toEqual([0, expect.stringContaining("https://callbacks.example.com answers")]);
  });

  test("that has a DNS record is not replaced in a pipeline, unless it is told to", async () => {
    const scene = await startScene({ zones: ["example.com"], records: new Set(["callbacks.example.com"]) });
    withDomain(scene);
    const refused = await scene.deploy({ env: GIVEN });
    expect([refused.code, refused.changes]).toEqual([1, []]);
    expect(refused.output).toContain("Remove it, or pass --override-dns.");
    expect((await scene.deploy({ args: ["--override-dns"], env: GIVEN })).code).toBe(0);
    expect([...scene.account.records]).toEqual([]);
  });

  test("that another Worker has is not taken from it in a pipeline", async () => {
    const scene = await startScene({ zones: ["example.com"], domains: new Map([["callbacks.example.com", "shop"]]) });
    withDomain(scene);
    const { code, output, changes } = await scene.deploy({ env: GIVEN });
    expect([code, changes]).toEqual([1, []]);
    expect(output).toContain("callbacks.example.com is a custom domain of shop.");
  });

  test("in a zone of another account is refused before anything is made", async () => {
    const scene = await startScene();
    withDomain(scene);
    const { code, output, changes } = await scene.deploy({ env: GIVEN });
    expect([code, changes]).toEqual([1, []]);
    expect(output).toContain("Could not find zone for 'callbacks.example.com'. Add the zone to this account");
  });

  test("that DNS knows only after a while is waited for", async () => {
    const scene = await startScene();
    scene.standIn.unresolved.set(HOST, 3);
    const { code, output } = await scene.deploy({ env: GIVEN });
    expect([code, output]).toEqual([0, expect.stringContaining(`https://${HOST} answers`)]);
  });
});
