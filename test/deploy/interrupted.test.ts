/** Whatever ends a deploy, the next one continues, and no secret is in force that the user has not seen. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { refused } from "./standin/answer.ts";
import { endScene, GIVEN, HAS_TERMINAL, HOST, type Scene, shownSecrets, startScene } from "./scene.ts";

afterEach(endScene);

/** The requests that change something, in order. */
const STEPS: [step: string, method: string, path: RegExp][] = [
  ["the database is made", "POST", /\/d1\/database$/],
  ["the migrations are applied", "POST", /\/query$/],
  ["the namespace is made", "POST", /\/kv\/namespaces$/],
  ["the Worker is uploaded", "PUT", /\/scripts\/[^/]+$/],
  ["it is published", "POST", /\/scripts\/[^/]+\/subdomain$/],
  ["its cron is set", "PUT", /\/schedules$/],
];

/** Does what is asked, and answers only when the run has ended. */
const interruptAt = (scene: Scene, method: string, path: RegExp, how: Parameters<Scene["interrupt"]>[0]): void =>
  void scene.standIn.faults.push({
    method,
    path,
    after: async () => {
      scene.interrupt(how);
      await scene.ended;
    },
  });

const leftovers = (scene: Scene): string[] =>
  ["wrangler.deploy.toml"].filter((name) => existsSync(join(scene.folder, name)));

describe.runIf(HAS_TERMINAL)("on a terminal", () => {
  test.each(STEPS)("Ctrl-C while %s", async (_, method, path) => {
    const scene = await startScene();
    interruptAt(scene, method, path, "Ctrl-C");
    const first = await scene.deploy({ terminal: [] });
    expect(first.code).toBe(130);
    expect(first.output).toContain("Interrupted. What was done stays done, and npm run deploy continues from there.");
    expect(leftovers(scene)).toEqual([]);
    const second = await scene.deploy({ terminal: [] });
    expect([second.code, second.output]).toEqual([0, expect.stringContaining("No faults")]);
    // What is in force was shown last, and the doctor has tried it.
    expect(shownSecrets(first.output + second.output)).toEqual(scene.secrets());
    expect(second.output).toContain("look-up         the job is found as it was sent");
    expect([scene.account.databases.length, scene.account.namespaces.length]).toEqual([1, 1]);
  });

  test("the terminal is closed after the upload: the next run shows what was set", async () => {
    const scene = await startScene();
    interruptAt(scene, "PUT", /\/schedules$/, "hang-up");
    await scene.deploy({ terminal: [] });
    const set = scene.secrets();
    expect(Object.keys(set)).toEqual(["CALLBACK_KEYS", "LOOKUP_TOKENS"]);
    const inPipeline = await scene.deploy();
    expect([inPipeline.code, shownSecrets(inPipeline.output)]).toEqual([0, {}]);
    expect(inPipeline.output).toContain("a run on a terminal shows them");
    const { code, output } = await scene.deploy({ terminal: [] });
    expect([code, shownSecrets(output), scene.secrets()]).toEqual([0, set, set]);
    expect(output).toContain("An earlier run was interrupted after it sent these secrets.");
    expect(shownSecrets((await scene.deploy({ terminal: [] })).output)).toEqual({});
  });

  test("Ctrl-C while the doctor waits says that it is deployed", async () => {
    const scene = await startScene();
    scene.standIn.unresolved.set(HOST, Infinity);
    const { code, output } = await scene.deploy({ terminal: [[/Wait for https/, "\u0003"]] });
    expect(code).toBe(130);
    expect(output).toContain(`Deployed. The doctor was interrupted: npm run doctor -- https://${HOST}`);
  });
});

test("SIGTERM in a pipeline tidies up and says how to continue", async () => {
  const scene = await startScene();
  interruptAt(scene, "PUT", /\/scripts\/[^/]+$/, "SIGTERM");
  const { code, output } = await scene.deploy({ env: GIVEN });
  expect([code, leftovers(scene)]).toEqual([143, []]);
  expect(output).toContain("Interrupted.");
  expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
  expect(scene.secrets()).toEqual(GIVEN);
});

/** wrangler repeats some requests by itself; so often it does not. */
const ALWAYS = 6;

test.each(STEPS)("an error of Cloudflare's while %s", async (_, method, path) => {
  const scene = await startScene();
  const fault = { method, path, times: ALWAYS, after: () => refused(500, 10013, "workers.api.error.internal_server") };
  scene.standIn.faults.push(fault);
  const first = await scene.deploy({ env: GIVEN });
  expect([first.code, first.output]).toEqual([1, expect.stringMatching(/a fault on Cloudflare's side: see|as it was/)]);
  expect(first.output).toContain("Run npm run deploy again");
  scene.standIn.faults.length = 0;
  const second = await scene.deploy({ env: GIVEN });
  expect([second.code, scene.secrets()]).toEqual([0, GIVEN]);
  expect([scene.account.databases.length, scene.account.namespaces.length]).toEqual([1, 1]);
});
