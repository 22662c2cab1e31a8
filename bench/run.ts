/** `npm run bench -- [read|startup|cpu|serve|intake|tell|growth|cost …] [--quick]`: each part in turn, or those named. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Effort } from "./effort.ts";
import { circumstances } from "./report.ts";

const PARTS = {
  read: () => import("./read/run.ts"),
  startup: () => import("./startup/run.ts"),
  cpu: () => import("./cpu/run.ts"),
  serve: () => import("./serve/run.ts"),
  intake: () => import("./intake/run.ts"),
  tell: () => import("./tell/run.ts"),
  growth: () => import("./growth/run.ts"),
  cost: () => import("./cost/run.ts"),
} satisfies Record<string, () => Promise<{ run(effort: Effort): Promise<void> }>>;

const given = process.argv.slice(2);
const names = given.filter((argument) => argument !== "--quick");
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}". Parts: ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}

if (!existsSync(new URL("node_modules", import.meta.url))) {
  execFileSync("npm", ["ci"], { cwd: import.meta.dirname, stdio: "inherit" });
}
console.log(
  Object.entries(circumstances())
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n"),
);
for (const name of names.length === 0 ? Object.keys(PARTS) : names) {
  console.log(`\n# ${name}\n`);
  const part = await PARTS[name as keyof typeof PARTS]();
  await part.run({ quick: given.includes("--quick") });
}
