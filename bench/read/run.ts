/** What it costs to read a callback: CPU time, each reader in its own process, all of them once in every round. */
import { execFileSync } from "node:child_process";
import { type BodyFormat, SIZES } from "../bodies.ts";
import { medianRatio, median, table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import type { ReaderName } from "./readers.ts";

const XML_READERS = ["ours", "saxes, strict", "fast-xml-parser", "fast-xml-parser, validating", "xml2js"] as const;
const CANDIDATES: readonly { reader: ReaderName; format: BodyFormat }[] = [
  ...XML_READERS.map((reader) => ({ reader, format: "xml" }) as const),
  { reader: "ours", format: "indented-xml" },
  { reader: "saxes, strict", format: "indented-xml" },
  { reader: "ours", format: "json" },
  { reader: "JSON.parse", format: "json" },
];

const sizes = Object.keys(SIZES) as (keyof typeof SIZES)[];

export async function run({ quick }: Effort): Promise<void> {
  const rounds = quick ? 1 : 5;
  const milliseconds = quick ? 100 : 600;
  const measured = new Map<string, Record<string, number>[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { reader, format } of CANDIDATES) {
      const file = new URL("measure.ts", import.meta.url).pathname;
      const output = execFileSync(process.execPath, [file, reader, format, String(milliseconds)], { encoding: "utf8" });
      const key = keyOf(reader, format);
      measured.set(key, [...(measured.get(key) ?? []), JSON.parse(output) as Record<string, number>]);
    }
  }
  const at = (reader: ReaderName, format: BodyFormat, size: string): number[] =>
    (measured.get(keyOf(reader, format)) ?? []).map((round) => round[size] as number);

  console.log("CPU milliseconds to read one callback\n");
  console.log(
    table(
      ["reader", ...sizes],
      CANDIDATES.map(({ reader, format }) => [
        keyOf(reader, format),
        ...sizes.map((size) => median(at(reader, format, size))),
      ]),
    ),
  );
  const ratio = (ours: BodyFormat, theirs: ReaderName, size: string) =>
    medianRatio(at("ours", ours, size), at(theirs, ours, size));
  const rate = (theirs: ReaderName, size: string) => medianRatio(at(theirs, "xml", size), at("ours", "xml", size));
  const verdicts: Verdict[] = [
    ...sizes.map((size): Verdict => ({
      what: `XML against saxes, ${size}`,
      measured: ratio("xml", "saxes, strict", size),
      target: ["at most", 0.7],
    })),
    ...sizes.map((size): Verdict => ({
      what: `indented XML against saxes, ${size}`,
      measured: ratio("indented-xml", "saxes, strict", size),
      target: ["at most", 0.7],
    })),
    ...sizes.slice(2).map((size): Verdict => ({
      what: `times faster than fast-xml-parser, validating, ${size}`,
      measured: rate("fast-xml-parser, validating", size),
      target: ["at least", 12],
    })),
    ...sizes.map((size): Verdict => ({
      what: `JSON against JSON.parse, ${size}`,
      measured: ratio("json", "JSON.parse", size),
      target: ["at most", 2.5],
    })),
  ];
  console.log(`\n${verdictTable(verdicts)}`);
  writeResults("read", { rounds, unit: "CPU milliseconds per read", measured: Object.fromEntries(measured), verdicts });
}

const keyOf = (reader: ReaderName, format: BodyFormat): string => `${reader}, ${format.replace("-", " ")}`;
