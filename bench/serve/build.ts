/** The Worker as a deploy would send it: built once at the start of a part, then served as it is. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";

const root = new URL("../../", import.meta.url).pathname;
const folder = `${root}bench/build`;

/** The modules of a Worker, as paths: the entry first, then what it imports as text. */
export interface Bundle {
  entry: string;
  texts: string[];
}

export const OUR_MIGRATIONS = readdirSync(`${root}migrations`)
  .toSorted()
  .map((file) => `${root}migrations/${file}`);

export function buildWorker(): Bundle {
  rmSync(folder, { recursive: true, force: true });
  execFileSync("npx", ["wrangler", "deploy", "--dry-run", "--outdir", folder], {
    cwd: root,
    stdio: "ignore",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  return ours();
}

/** What `buildWorker` has built. */
export function ours(): Bundle {
  const entry = `${folder}/index.js`;
  const code = readFileSync(entry, "utf8");
  const texts = readdirSync(folder).filter((name) => name !== "index.js" && code.includes(`./${name}`));
  return { entry, texts: texts.map((name) => `${folder}/${name}`) };
}
