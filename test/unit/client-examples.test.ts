/** The programs in examples/: each is type-checked, and those that receive events run on signed ones. The queue's runs in test/e2e/listen.test.ts. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import app from "../../examples/receive-with-hono.ts";
import { server } from "../../examples/receive-with-node.ts";
import { done } from "./client-fixtures.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const BODY = JSON.stringify({ type: "job.finished", timestamp: done.updatedAt, data: done });

/** A request as the receiver makes it; signed with another secret where told to. */
function request(secret = SECRET) {
  const now = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("evt_1", now, BODY),
  };
  return { method: "POST", headers, body: BODY };
}

const OTHER = request(`whsec_${Buffer.alloc(32, 6).toString("base64")}`);

describe("the example", () => {
  const lines: unknown[][] = [];
  beforeEach(() => {
    lines.length = 0;
    vi.stubEnv("CI_EVENTS_SECRET", SECRET);
    vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => void lines.push(values));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test("with Hono takes a signed event, and answers 401 to any other", async () => {
    expect((await app.request("/ci-events", OTHER)).status).toBe(401);
    expect(lines).toEqual([]);
    expect((await app.request("/ci-events", request())).status).toBe(204);
    expect(lines).toEqual([["evt_1", "j1", "Success"]]);
  });

  test("with Node takes a signed event, and answers 401 to any other", async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect((await fetch(url, OTHER)).status).toBe(401);
    expect(lines).toEqual([]);
    expect((await fetch(url, request())).status).toBe(204);
    expect(lines).toEqual([["evt_1", "j1", "Success"]]);
    server.closeAllConnections();
    server.close();
  });
});

test.each([
  ["on Node", "examples/*.ts", ["node"]],
  ["in a Worker", "examples/queue/*.ts", ["@cloudflare/workers-types"]],
])("the examples that run %s are right to the compiler", (_, pattern, types) => {
  const directory = mkdtempSync(join(tmpdir(), "examples-"));
  const files = globSync(pattern, { cwd: ROOT }).map((file) => join(ROOT, file));
  expect(files).not.toEqual([]);
  const compilerOptions = { types, typeRoots: [join(ROOT, "node_modules/@types")], lib: ["esnext"] };
  const typesAt = types.map((name) => (name.startsWith("@") ? join(ROOT, "node_modules", name) : name));
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { ...compilerOptions, types: typesAt },
      files,
      include: [],
    }),
  );
  try {
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", directory], { encoding: "utf8" });
  } catch (error) {
    expect.fail((error as { stdout: string }).stdout);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
