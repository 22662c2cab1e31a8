/**
 * A Worker on workerd with a D1 database on disk, in a process of its own: `node worker-host.ts <options as JSON>`.
 * Prints `{"pid": …}` of workerd once it answers, and lives until it is told to end. Every Worker of the
 * benchmarks is started by this, so that what differs between them is the Worker.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler";

export interface WorkerHostOptions {
  port: number;
  /** Modules of the Worker, the first of which is its entry. */
  modules: string[];
  /** Modules of it that are text. */
  texts: string[];
  /** SQL files that make the tables, in order; run only where `fresh`. */
  migrations: string[];
  fresh: boolean;
  /** Settings beside the key and the token. */
  bindings?: Record<string, string>;
  /** Where the database lies. */
  folder: string;
}

const options = JSON.parse(process.argv[2] ?? "") as WorkerHostOptions;
const root = new URL("../../", import.meta.url);
const { workerOptions } = unstable_getMiniflareWorkerOptions(new URL("wrangler.toml", root).pathname);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    resourcePersistencePath: options.folder,
    telemetry: { enabled: false },
    cf: false,
    handleStructuredLogs() {},
    workers: [
      {
        ...workerOptions,
        name: "worker",
        modules: [...options.modules.map(moduleOf("ESModule")), ...options.texts.map(moduleOf("Text"))],
        bindings: {
          ...(workerOptions.bindings as object),
          CALLBACK_KEYS: "bench-key",
          LOOKUP_TOKENS: "bench-token",
          ...options.bindings,
        },
        unsafeDirectSockets: [{ host: "127.0.0.1", port: options.port }],
      },
    ],
  }),
);
await miniflare.ready;
if (options.fresh) {
  const db = await miniflare.getD1Database("DB");
  const statements = options.migrations.flatMap((path) => unstable_splitSqlQuery(readFileSync(path, "utf8")));
  for (const statement of statements) await db.prepare(statement).run();
}
console.log(JSON.stringify({ pid: pidOfWorkerd() }));

process.once("SIGTERM", () => {
  void miniflare.dispose().then(() => process.exit(0));
});

function moduleOf(type: "ESModule" | "Text") {
  return (path: string) => ({ type, path: basename(path), contents: readFileSync(path, "utf8") });
}

/** The child of this process that runs workerd; null if /proc does not tell. */
function pidOfWorkerd(): number | null {
  try {
    const tasks = readdirSync("/proc/self/task").map((task) =>
      readFileSync(`/proc/self/task/${task}/children`, "utf8"),
    );
    const children = tasks.flatMap((list) => list.split(" ")).filter((pid) => pid !== "");
    const workerd = children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"));
    return workerd === undefined ? null : Number(workerd);
  } catch {
    return null;
  }
}
