/**
 * `node tools/dictionary.ts` writes src/store/dictionary/shapes-<n>.ts, the samples that small bodies are compressed
 * against, from tools/dictionary/shapes-<n>.ts. A released dictionary must never change, since stored bodies need it.
 */
import { writeFileSync } from "node:fs";
import { printXml, type Tree } from "./callbacks/tree.ts";
import { SAMPLES } from "./dictionary/shapes-1.ts";

/** The samples by the number of the dictionary. */
const VERSIONS: Readonly<Record<number, readonly Tree[]>> = { 1: SAMPLES };

/** Every built file with its text. */
export const built = (): { path: URL; text: string }[] =>
  Object.entries(VERSIONS).map(([version, samples]) => ({
    path: new URL(`../src/store/dictionary/shapes-${version}.ts`, import.meta.url),
    text: moduleOf(version, samples),
  }));

function moduleOf(version: string, samples: readonly Tree[]): string {
  // The printer indents by two spaces a level. One takes less room, and the Worker makes four of it.
  const printed = samples.map((sample) => printXml("Response", sample, { declaration: false, indent: true }));
  const shapes = printed
    .map((text) => `${text.replace(/^ +/gm, (spaces) => spaces.slice(spaces.length / 2))}\n`)
    .join("");
  if (/[`\\]|\$\{/.test(shapes)) throw new Error("A sample has a character that a template literal reads otherwise.");
  return `/** Written by tools/dictionary.ts, and never changed once it is released. */\nexport const SHAPES_${version} = \`${shapes}\`;\n`;
}

if (import.meta.main) {
  for (const { path, text } of built()) writeFileSync(path, text);
}
