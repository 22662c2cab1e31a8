import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { unstable_readConfig as readConfig } from "wrangler";

/** Payloads as the provider publishes them: read where they are, beside the project or in CORPUS_DIR; tests of them are skipped where not. */
const corpus = process.env["CORPUS_DIR"] ?? new URL("../shared/corpus", import.meta.url).pathname;

/** As in the deployed Worker: what wrangler.toml puts in the place of packages, of those that fast-xml-parser imports too. */
const asDeployed = {
  resolve: { alias: readConfig({ config: "wrangler.toml" }).alias ?? {} },
  inlined: { deps: { inline: ["fast-xml-parser"] } },
};

/** The queues of `INTAKE = "queue"`, which wrangler.toml does not have by default. */
const QUEUES = {
  queueProducers: { INTAKE_QUEUE: "ci-callbacks", EVENTS: "ci-callbacks-forward" },
  queueConsumers: {
    "ci-callbacks": {
      maxBatchSize: 100,
      maxBatchTimeout: 0.2,
      maxRetries: 2,
      deadLetterQueue: "ci-callbacks-dead-letters",
    },
    "ci-callbacks-forward": { maxBatchSize: 100, maxBatchTimeout: 0.2, maxRetries: 2 },
    "ci-callbacks-dead-letters": { maxBatchSize: 10, maxBatchTimeout: 0.2, maxRetries: 100 },
  },
};

/** The Worker in workerd, with real bindings. Test files take turns in one runtime; test/worker/setup.ts empties its storage before each. */
const workerd = (bindings: Record<string, string> = {}) =>
  cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.toml" },
    // Otherwise workerd prints every connection that a test breaks.
    verbose: false,
    miniflare: {
      bindings: {
        CALLBACK_KEYS: "test-callback-key,next-callback-key",
        LOOKUP_TOKENS: "test-lookup-token",
        MIGRATIONS: await readD1Migrations("./migrations"),
        ...bindings,
      },
      ...QUEUES,
    },
  }));

/** Keeps Vite from warning of a package that is published without the sources of its source maps. */
const quietly = {
  name: "quietly",
  configResolved({ logger }: { logger: { warnOnce: (message: string) => void } }) {
    const warnOnce = logger.warnOnce.bind(logger);
    logger.warnOnce = (message) => {
      if (!message.includes("points to missing source files")) warnOnce(message);
    };
  },
};

const setupFiles = ["test/worker/setup.ts"];

/** The user's system, which events are told to, and CI, which is asked about jobs. */
const globalSetup = ["test/endpoint/setup.ts", "test/ci/setup.ts"];

/** Far beyond what any test takes, since nothing here is about time: a slow machine must not fail one. */
const testTimeout = 180_000;

/** The folders whose files take longest, and so begin first: else a core is left with one of them at the end. */
const LONGEST = ["/test/faults/model", "/test/e2e/", "/test/faults/", "/test/worker/"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = LONGEST.findIndex((folder) => moduleId.includes(folder));
      return rank === -1 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    silent: "passed-only",
    // One more than there are cores: tests with a `wrangler dev` mostly wait for it. (Vitest leaves a core free by default.)
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // No file leaves anything behind for the next, and a new process for each file costs more than most files.
    isolate: false,
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.ts"],
      reporter: ["text", "html"],
      thresholds: { "src/callback/**": { 100: true } },
    },
    projects: [
      {
        resolve: asDeployed.resolve,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          env: { CORPUS_DIR: corpus },
          testTimeout,
          server: asDeployed.inlined,
        },
      },
      {
        plugins: [workerd(), quietly],
        resolve: asDeployed.resolve,
        test: {
          name: "worker",
          server: asDeployed.inlined,
          include: ["test/worker/**/*.test.ts"],
          setupFiles,
          globalSetup: [...globalSetup, "test/corpus/setup.ts"],
          env: { CORPUS_DIR: corpus },
          testTimeout,
        },
      },
      {
        resolve: asDeployed.resolve,
        plugins: [
          workerd({
            SOAK_CALLBACKS: process.env["SOAK_CALLBACKS"] ?? "150",
            SOAK_SEED: process.env["SOAK_SEED"] ?? "1",
            FUZZ_BODIES: process.env["FUZZ_BODIES"] ?? "400",
            MODEL_RUNS: process.env["MODEL_RUNS"] ?? "26",
            MODEL_KNOWN: process.env["MODEL_KNOWN"] ?? "yes",
            MODEL_MINUTES: process.env["MODEL_MINUTES"] ?? "",
            MODEL_SEED: process.env["MODEL_SEED"] ?? "1",
            MODEL_PATH: process.env["MODEL_PATH"] ?? "",
            MODEL_SHRINKS: process.env["MODEL_SHRINKS"] ?? "yes",
          }),
          quietly,
        ],
        test: {
          name: "faults",
          server: asDeployed.inlined,
          include: ["test/faults/**/*.test.ts"],
          setupFiles,
          globalSetup,
          testTimeout: 1_800_000,
        },
      },
      {
        test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 600_000 },
      },
      {
        // `npm run deploy` against a stand-in of Cloudflare: minutes, so `npm run test:deploy` runs it by itself.
        test: {
          name: "deploy",
          include: ["test/deploy/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
