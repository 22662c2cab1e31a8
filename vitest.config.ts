import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Payloads as the provider publishes them. They are read in place where they are, and tests of them skipped where not. */
const corpus = process.env["CORPUS_DIR"] ?? new URL("../shared/corpus", import.meta.url).pathname;

export default defineConfig({
  test: {
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.ts"],
      reporter: ["text", "html"],
      thresholds: { "src/callback/**": { 100: true } },
    },
    projects: [
      {
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], env: { CORPUS_DIR: corpus } },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                CALLBACK_KEYS: "test-callback-key,next-callback-key",
                LOOKUP_TOKENS: "test-lookup-token",
                MIGRATIONS: await readD1Migrations("./migrations"),
              },
            },
          })),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], setupFiles: ["test/worker/setup.ts"] },
      },
      {
        // A real Chromium against `wrangler dev`. Skipped where there is none: CHROMIUM names it.
        test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000 },
      },
    ],
  },
});
