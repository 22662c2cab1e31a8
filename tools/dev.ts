/**
 * `npm run dev`: starts everything that a local run needs. It applies the D1 migrations to the local database, makes
 * .dev.vars if there is none, starts `wrangler dev`, and says what to copy and what is wrong with the settings. With
 * `--with-ci` it also starts a local CI, which the receiver may ask about jobs. All other options are passed to
 * wrangler.
 */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { keepBuilt } from "./assets.ts";
import { wranglerCommand } from "./deploy/wrangler-script.ts";
import { faultsAt } from "./dev/readiness.ts";

const WITH_CI = "--with-ci";
const options = process.argv.slice(2).filter((option) => option !== WITH_CI);
const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };

if (options.includes("--help") || options.includes("-h")) {
  console.log(`Usage: npm run dev -- [--with-ci] [options of wrangler dev]

Starts the receiver with a local database and the keys in .dev.vars, on http://localhost:8787.

  --with-ci            also starts a stand-in for CI, which the receiver asks about jobs (docs/simulate.md)
  --port <number>      another port
  --var <name>:<value> sets a setting or a secret for this run (docs/settings.md)
  --persist-to <path>  keeps the database there instead of in .wrangler

All other options are wrangler's:
`);
  process.exit(spawnSync(...wranglerCommand(["dev", "--help"]), { env, stdio: "inherit" }).status ?? 1);
}

const ci = process.argv.includes(WITH_CI) ? await startLocalCi() : null;

if (!existsSync(".dev.vars")) {
  copyFileSync(".dev.vars.example", ".dev.vars");
  console.log("Made .dev.vars from .dev.vars.example.");
}

// An edit of a stylesheet or script shows at once: wrangler watches the built files.
keepBuilt();

const persist = optionValue("--persist-to");
const migrate = [
  "d1",
  "migrations",
  "apply",
  "DB",
  "--local",
  ...(persist === undefined ? [] : ["--persist-to", persist]),
];
const migrated = spawnSync(...wranglerCommand(migrate), { env: { ...env, CI: "true" }, encoding: "utf8" });
if (migrated.status !== 0) {
  console.error(migrated.stdout + migrated.stderr);
  console.error("The migrations could not be applied to the local database: see above.");
  process.exit(1);
}

const wrangler = spawn(...wranglerCommand(["dev", ...options, ...withoutLimits(), ...(ci?.vars ?? [])]), {
  env,
  stdio: ["inherit", "inherit", "inherit"],
});
wrangler.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => wrangler.kill(signal));

const base = `http://localhost:${optionValue("--port") ?? "8787"}`;
const secrets = readFileSync(".dev.vars", "utf8");
await answers(`${base}/livez`);
const faults = await faultsAt(base);
console.log(`
Callback URL   ${base}/callbacks/${firstSecret("CALLBACK_KEYS")}
Look a job up  curl -H "Authorization: Bearer ${firstSecret("LOOKUP_TOKENS")}" ${base}/jobs/<JobId>
In a browser   ${base}/${ci === null ? "" : `\nLocal CI       ${ci.url}`}
`);
if (faults !== null) console.error(`Something is wrong: ${faults}\n`);

/** A local run has no limit on calls, so one run of the cron may do everything, unless a setting says otherwise. */
function withoutLimits(): string[] {
  const isSet =
    options.some((option) => option.startsWith("UPKEEP_OPERATIONS:")) ||
    /^UPKEEP_OPERATIONS=/m.test(readFileSync(".dev.vars", "utf8")) ||
    !readFileSync("wrangler.toml", "utf8").includes('\nUPKEEP_OPERATIONS = "45"\n');
  return isSet ? [] : ["--var", "UPKEEP_OPERATIONS:900"];
}

/** Imported only if wanted, since it loads the SDK that checks signatures. It ends with this process. */
async function startLocalCi(): Promise<{ url: string; vars: string[] }> {
  const { announce, LOCAL_KEYS, localSettings } = await import("./ci/local-queue.ts");
  const { startCi } = await import("./ci/server.ts");
  const { url } = await startCi({ keys: LOCAL_KEYS });
  process.on("exit", announce(url));
  return { url, vars: Object.entries(localSettings(url)).flatMap(([name, value]) => ["--var", `${name}:${value}`]) };
}

function optionValue(name: string): string | undefined {
  const joined = options.find((option) => option.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const at = options.indexOf(name);
  return at === -1 ? undefined : options[at + 1];
}

function firstSecret(name: string): string {
  const line = secrets.split("\n").find((text) => text.startsWith(`${name}=`)) ?? "";
  return (
    line
      .slice(name.length + 1)
      .split(",")[0]
      ?.trim()
      .replaceAll(/^["']|["']$/g, "") || `<one of ${name} in .dev.vars>`
  );
}

/** Resolves when something answers there. If wrangler cannot start, it says so itself. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const isUp = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
