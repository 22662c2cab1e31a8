/** What is measured, as numbers a person can hold against each other: medians, ratios, a table, and a JSON file. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The median of the ratios of each round, not the ratio of medians: what slows a whole round falls out of it. */
export const medianRatio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((number, round) => number / (theirs[round] as number)));

/** Three significant digits, without an exponent. */
export function digits(number: number): string {
  if (!Number.isFinite(number)) return "-";
  const places = number === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
  return number.toFixed(Math.min(places, 4));
}

export type Cells = readonly (string | number | null)[];

/** A Markdown table, so that it can be read on a terminal and pasted into a document. */
export function table(head: readonly string[], rows: readonly Cells[]): string {
  const texts = [
    head,
    ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? digits(cell) : (cell ?? "-")))),
  ];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? "").length)));
  const lines = texts.map(
    (row) =>
      `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`,
  );
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/** A figure held against its target. */
export interface Verdict {
  what: string;
  measured: number;
  /** `at most` a ceiling, `at least` a floor. */
  target: ["at most" | "at least", number];
}

export const isMet = ({ measured, target: [sense, bound] }: Verdict): boolean =>
  sense === "at most" ? measured <= bound : measured >= bound;

export const verdictTable = (verdicts: readonly Verdict[]): string =>
  table(
    ["target", "wanted", "measured", ""],
    verdicts.map((verdict) => [
      verdict.what,
      verdict.target.join(" "),
      verdict.measured,
      isMet(verdict) ? "met" : "MISSED",
    ]),
  );

/** The machine and the versions, without which no number means anything. */
export function circumstances(): Record<string, string> {
  const version = (name: string, from: string): string =>
    (
      JSON.parse(readFileSync(new URL(`${from}/node_modules/${name}/package.json`, import.meta.url), "utf8")) as {
        version: string;
      }
    ).version;
  const own = ["express", "fast-xml-parser", "saxes", "undici", "xml2js"].map(
    (name) => [name, version(name, ".")] as const,
  );
  const tools = ["hono", "miniflare", "workerd", "wrangler"].map((name) => [name, version(name, "..")] as const);
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
    machine: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    node: process.versions.node,
    ...Object.fromEntries([...tools, ...own]),
  };
}

/** Writes `results/<name>.json`; says where. */
export function writeResults(name: string, results: object): void {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify({ ...circumstances(), ...results }, null, 2)}\n`);
  console.log(`\nbench/results/${name}.json has every round.`);
}
