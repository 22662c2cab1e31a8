/** Runs `npm run deploy` in a copy of the project against a stand-in of Cloudflare, as a person or a pipeline does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Account, activeVersion, newAccount } from "./standin/account.ts";
import { StandIn } from "./standin/server.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

export const WORKER = "ci-callback-receiver";
export const HOST = `${WORKER}.team.workers.dev`;

/** What a pipeline has in its environment. */
export const GIVEN = {
  CALLBACK_KEYS: "00112233445566778899aabbccddeeff",
  LOOKUP_TOKENS: "ffeeddccbbaa99887766554433221100",
};

/** Without a terminal of util-linux's `script` the runs that need one cannot be made. */
export const HAS_TERMINAL = existsSync("/usr/bin/script");

export interface Run {
  code: number | null;
  output: string;
  /** Requests to the API that change something, without those that only query. */
  changes: string[];
}

interface RunOptions {
  args?: string[];
  env?: Record<string, string | undefined>;
  /** On a terminal, with these replies to what is asked. A reply is typed when its question has appeared. */
  terminal?: [question: RegExp, reply: string][];
}

const TOKEN = "stand-in-token";

export class Scene {
  readonly standIn: StandIn;
  readonly account: Account;
  readonly folder = mkdtempSync(join(tmpdir(), "receiver-deploy-test-"));
  /** Settled when the run that is under way has ended. */
  ended: Promise<void> = Promise.resolve();
  #urls = { api: "", published: "" };
  #running: ChildProcess | null = null;

  constructor(account: Partial<Account>) {
    this.account = newAccount(account);
    this.standIn = new StandIn(this.account);
    this.standIn.tokens.set(TOKEN, { accounts: [this.account], may: "all" });
  }

  async start(): Promise<this> {
    for (const path of ["src", "tools", "migrations", "package.json", "wrangler.toml", "tsconfig.json"])
      cpSync(join(ROOT, path), join(this.folder, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    this.#urls = await this.standIn.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.standIn.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  edit(path: string, change: (text: string) => string): void {
    const file = join(this.folder, path);
    writeFileSync(file, change(existsSync(file) ? readFileSync(file, "utf8") : ""));
  }

  /** Secrets of the version that is live. */
  secrets(worker = WORKER): Record<string, unknown> {
    const bindings = activeVersion(this.account.scripts.get(worker))?.bindings ?? [];
    return Object.fromEntries(
      bindings.filter(({ type }) => type === "secret_text").map(({ name, text }) => [name, text]),
    );
  }

  /** A field of the binding of that type of the version that is live. */
  bound(type: string, field: string, worker = WORKER): unknown {
    return activeVersion(this.account.scripts.get(worker))?.bindings.find((binding) => binding.type === type)?.[field];
  }

  /** What is asked of the database behind the Worker. */
  async rows(sql: string, name = `${WORKER}-db`): Promise<Record<string, unknown>[]> {
    const uuid = this.account.databases.find((database) => database.name === name)?.uuid ?? "";
    const [first] = (await this.standIn.runtime.query(uuid, sql)) as { results: Record<string, unknown>[] }[];
    return first?.results ?? [];
  }

  /** As Ctrl-C at a terminal, a terminal that is closed, or a runner that is cancelled. */
  interrupt(how: "Ctrl-C" | "hang-up" | "SIGTERM"): void {
    if (this.#running === null) return;
    const child = this.#running;
    if (how === "Ctrl-C") child.stdin?.write("\u0003");
    else if (how === "hang-up") child.kill("SIGKILL");
    else process.kill(-(child.pid as number), "SIGTERM");
  }

  async deploy({ args = [], env = {}, terminal }: RunOptions = {}): Promise<Run> {
    const command = [process.execPath, "tools/deploy.ts", ...args];
    // A width, since what is asked is laid out for it; `script` gives the terminal none.
    const line = `echo $$ > deploy.pid; stty cols 160 rows 50; exec ${command.map((word) => `'${word}'`).join(" ")}`;
    const [program, ...rest] = terminal === undefined ? command : ["/usr/bin/script", "-qefc", line, "/dev/null"];
    this.standIn.requests = [];
    const child = spawn(program as string, rest, { cwd: this.folder, env: this.#env(env), detached: true });
    this.#running = child;
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    if (terminal === undefined) child.stdin.end();
    const replies = [...(terminal ?? [])];
    let output = "";
    let unanswered = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        unanswered += text;
        const next = replies[0];
        if (next === undefined || !next[0].test(unanswered)) return;
        replies.shift();
        unanswered = "";
        child.stdin.write(next[1]);
      });
    const [code] = (await once(child, "close")) as [number | null];
    // A terminal that is closed is gone before what ran in it.
    if (terminal !== undefined) await isGone(Number(this.read("deploy.pid")));
    this.#running = null;
    ended.resolve();
    const changes = this.standIn.requests.filter((request) => /^(?:POST|PUT|PATCH|DELETE) /.test(request));
    return {
      code,
      output: plain(output),
      changes: changes.filter((request) => !/\/(?:query|changeset)$/.test(request)),
    };
  }

  #env(more: Record<string, string | undefined>): Record<string, string> {
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: this.folder,
      TERM: "xterm",
      // The banner asks npm for a newer wrangler.
      WRANGLER_HIDE_BANNER: "true",
      CLOUDFLARE_API_BASE_URL: this.#urls.api,
      CLOUDFLARE_API_TOKEN: TOKEN,
      STANDIN_PUBLISHED: this.#urls.published,
      NODE_OPTIONS: `--import ${new URL("standin/reach.mjs", import.meta.url).href}`,
      ...more,
    };
    return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  /** Posts a callback to what is live, and gives the status; 0 where nothing answers. */
  async post(body: string, host = HOST): Promise<number> {
    const headers = {
      "x-published-url": `https://${host}/callbacks/${GIVEN.CALLBACK_KEYS}`,
      "content-type": "application/xml",
    };
    const response = await fetch(this.#urls.published, { method: "POST", body, headers });
    await response.text();
    return response.headers.has("x-fault") ? 0 : response.status;
  }
}

/** Resolves when no such process runs any more; one that nobody has waited for counts as ended. */
async function isGone(pid: number): Promise<void> {
  const stat = `/proc/${pid}/stat`;
  while (existsSync(stat) && !readFileSync(stat, "utf8").includes(") Z ")) await new Promise(setImmediate);
}

let scene: Scene | undefined;

/** The scene of a test; `endScene` ends it. */
export async function startScene(account: Partial<Account> = {}): Promise<Scene> {
  scene = new Scene(account);
  return scene.start();
}

/** After each test; fails where the stand-in was asked what it does not know. */
export async function endScene(): Promise<void> {
  const { standIn } = scene as Scene;
  await scene?.stop();
  expect(standIn.unknown).toEqual([]);
}

/** Secrets as a run shows them, by name. */
export const shownSecrets = (output: string): Record<string, string> =>
  Object.fromEntries(
    [...output.matchAll(/^ {2}(CALLBACK_KEYS|LOOKUP_TOKENS) +([0-9a-f]{32})$/gm)].map(([, name, value]) => [
      String(name),
      String(value),
    ]),
  );

/** Text as a terminal would show it, without colours and movements. */
const plain = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
