/** A receiver of its own for the tests in a browser: `wrangler dev` on a free port, with a database of its own. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const CALLBACK_KEY = "e2e-callback-key";
export const LOOKUP_TOKEN = "e2e-lookup-token";

export interface Receiver {
  base: string;
  /** Posts a callback, as CI does; gives the status. */
  post(body: string): Promise<number>;
  /** Runs SQL on the receiver's own database. */
  sql(statement: string): void;
  stop(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const state = mkdtempSync(join(tmpdir(), "receiver-"));
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  const local = ["--local", "--persist-to", state];
  const d1 = (...options: string[]) =>
    execFileSync("npx", ["wrangler", "d1", ...options, ...local], { env, stdio: "pipe" });
  d1("migrations", "apply", "DB");
  const port = await freePort();
  const secrets = ["--var", `CALLBACK_KEYS:${CALLBACK_KEY}`, "--var", `LOOKUP_TOKENS:${LOOKUP_TOKEN}`];
  const options = ["--port", String(port), "--inspector-port", "0", "--persist-to", state, ...secrets];
  const wrangler = spawn("npx", ["wrangler", "dev", ...options], { env, stdio: "ignore", detached: true });
  const stop = () => {
    if (wrangler.pid !== undefined) process.kill(-wrangler.pid, "SIGTERM");
    rmSync(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  const base = `http://localhost:${port}`;
  while (!(await isUp(`${base}/readyz`))) {
    if (wrangler.exitCode !== null) throw new Error(`wrangler dev ended with ${wrangler.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return {
    base,
    post: async (body) => (await fetch(`${base}/callbacks/${CALLBACK_KEY}`, { method: "POST", body })).status,
    sql: (statement) => void d1("execute", "DB", "--command", statement),
    stop,
  };
}

const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
