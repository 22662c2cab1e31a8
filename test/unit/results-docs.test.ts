/** docs/results.md says which nodes the readers take: it and the code name the same ones. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILY_OF_TAG } from "../../src/results/families.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const docs = readFileSync(join(ROOT, "docs/results.md"), "utf8");

const rows = docs
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("it lists every documented tag in its family", () => {
  const listed = rows.flatMap(([, family, tags = "", reader]) =>
    reader?.startsWith("`read") ? tags.split(", ").map((tag) => [tag, family?.replaceAll("`", "")]) : [],
  );
  const tags = listed.filter(([tag = ""]) => !/^Review|^WorkflowFinish/.test(tag));
  expect(Object.fromEntries(tags)).toEqual(FAMILY_OF_TAG);
});

test("it names the nodes that the readers look up, and no others", () => {
  const nodeRows = rows.filter((cells) => !cells.at(-2)?.startsWith("`read"));
  const named = nodeRows.flatMap((cells) =>
    cells.slice(1, -2).flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, path = ""]) => path.split("."))),
  );
  const documented = new Set(named.filter((name) => /^[A-Za-z_-][A-Za-z0-9_-]*$/.test(name)));
  const folder = join(ROOT, "src/results");
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  const lookedUp = new Set(sources.flatMap(namesLookedUp));
  // All paths start at `Operation`; any leaf may have its text in `#text`.
  const missing = [...lookedUp].filter((name) => !documented.has(name) && name !== "Operation" && name !== "#text");
  expect(missing.toSorted()).toEqual([]);
  // Of a run, the reader of callbacks has read these already.
  expect([...documented].filter((name) => !lookedUp.has(name)).toSorted()).toEqual(["CreateTime", "JobId", "Tasks"]);
});

/** Names in calls of the functions that look nodes up, and in the paths of moderated parts. */
const namesLookedUp = (source: string): string[] =>
  [...source.matchAll(/(?:At|Of|scoreOutOf|readTaskFiles|readNamedFiles|path:)[ (]([^;]*?)(?:\)|\])/gs)].flatMap(
    ([, call = ""]) => [...call.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
  );
