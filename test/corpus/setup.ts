/** The provider's published payloads for tests in workerd, which has no files: none where they are not here. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

export default function setup(project: TestProject): void {
  const folder = String(project.config.env["CORPUS_DIR"]);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".tsv")) : [];
  project.provide(
    "published",
    names.map((name) => readFileSync(join(folder, name), "utf8")),
  );
}
