/** One endpoint for all tests of a project; each test takes a hook of its own. */
import type { TestProject } from "vitest/node";
import { startEndpoint } from "./server.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { base, stop } = await startEndpoint();
  project.provide("endpoint", base);
  return stop;
}
