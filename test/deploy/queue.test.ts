/** INTAKE=queue: the queues follow the Worker's name, and a healthy receiver has no fault. */
import { afterEach, expect, test } from "vitest";
import { newId } from "./standin/account.ts";
import { endScene, GIVEN, type Scene, startScene, WORKER } from "./scene.ts";

afterEach(endScene);

const withQueue = (scene: Scene): void =>
  scene.edit("wrangler.toml", (text) => text.replace('INTAKE = "direct"', 'INTAKE = "queue"'));

const BLOCKS = `
[[queues.producers]]
binding = "INTAKE_QUEUE"
queue = "ci-callbacks"

[[queues.consumers]]
queue = "ci-callbacks"
max_batch_size = 100
max_batch_timeout = 1
max_retries = 10
dead_letter_queue = "ci-callbacks-dead-letters"

[[queues.consumers]]
queue = "ci-callbacks-dead-letters"
max_batch_size = 10
max_retries = 100
`;

test("queues are made and consumed, the doctor is content, and a second run changes nothing", async () => {
  const scene = await startScene();
  withQueue(scene);
  const first = await scene.deploy({ env: GIVEN });
  expect([first.code, first.output]).toEqual([0, expect.stringContaining("No faults")]);
  expect(first.output).toMatch(/^ok {2}callback +queued in/m);
  expect(first.output).toMatch(/^ok {2}look-up /m);
  const queue = `${WORKER}-callbacks`;
  expect(
    scene.account.queues.map(({ queue_name, consumers }) => [
      queue_name,
      consumers[0]?.script,
      consumers[0]?.dead_letter_queue,
    ]),
  ).toEqual([
    [`${queue}-dead-letters`, WORKER, undefined],
    [queue, WORKER, `${queue}-dead-letters`],
  ]);
  expect((await scene.deploy({ env: GIVEN })).code).toBe(0);
  expect(scene.account.queues).toHaveLength(2);
});

test("queues that wrangler.toml names are made under those names; a Worker that runs is switched over", async () => {
  const scene = await startScene();
  await scene.deploy({ env: GIVEN });
  withQueue(scene);
  scene.edit("wrangler.toml", (text) => text + BLOCKS);
  scene.account.queues.push({ queue_id: newId(), queue_name: "ci-callbacks-dead-letters", consumers: [] });
  const { code, output } = await scene.deploy({ env: GIVEN });
  expect([code, scene.bound("queue", "queue_name")]).toEqual([0, "ci-callbacks"]);
  expect(output).toContain("Create the queue ci-callbacks\n");
  expect(output).not.toContain("Create the queue ci-callbacks-dead-letters");
});

test("a queue that another Worker consumes is left to it", async () => {
  const scene = await startScene();
  withQueue(scene);
  scene.edit("wrangler.toml", (text) => text + BLOCKS);
  const consumers = [{ consumer_id: newId(), script: "the-first-receiver" }];
  scene.account.queues.push({ queue_id: newId(), queue_name: "ci-callbacks", consumers });
  const { code, output, changes } = await scene.deploy({ env: GIVEN });
  expect([code, changes]).toEqual([1, []]);
  expect(output).toContain("The queue ci-callbacks is consumed by the Worker the-first-receiver.");
});
