/** The provider's own published payloads, read in place: they are other people's text and no part of this project. */
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import { treeOf } from "../../src/callback/xml.ts";
import { bytesOf, published, textOf, UNLESS_SKIPPED } from "./published.ts";

const read = (file: string) => parseCallback(bytesOf(file));

/** What INDEX.tsv notes of each file. */
function notes(): Map<string, string> {
  const lines = textOf("INDEX.tsv").trimEnd().split("\n").slice(1);
  return new Map(lines.map((line) => line.split("\t")).map(([file, , , note]) => [file as string, note as string]));
}

/** The first JobId as a reader of text, not of XML or JSON, would find it. */
const firstJobId = (file: string): string | undefined => /JobId(?:>|"\s*:\s*")([^<"]+)[<"]/.exec(textOf(file))?.[1];

const isBroken = (note: string): boolean => /^(?:INVALID JSON|NOT well-formed XML)/.test(note);

/** The place that INDEX.tsv notes. Of an end tag it is the place of the name, counted from 0; ours is that of its `<`. */
function placeIn(file: string, note: string): [line: number, column: number] {
  const [, line, column] = /line (\d+),? column (\d+)/.exec(note) ?? [];
  return [Number(line), Number(column) - (file.endsWith(".xml") ? 1 : 0)];
}

/** Content moderation in its simple form and the console's test: their ids have other names. */
const isSimple = (file: string): boolean => /_auditing_(?:simple|console_test)_/.test(file);

describe.skipIf(published.length === 0)(`the provider's published payloads${UNLESS_SKIPPED}`, () => {
  test("are all here", () => {
    expect(published.toSorted()).toEqual([...notes().keys()].toSorted());
    expect(published).toHaveLength(82);
  });

  test("are read where they are well-formed, and their first job found", () => {
    const sound = [...notes()].filter(([file, note]) => !isBroken(note) && !isSimple(file)).map(([file]) => file);
    expect(sound).toHaveLength(67);
    const found = sound.map((file) => {
      const reading = read(file);
      return [file, reading.ok ? reading.value.jobs[0]?.jobId : reading.error];
    });
    expect(found).toEqual(sound.map((file) => [file, firstJobId(file)]));
    expect(found.filter(([, jobId]) => jobId === undefined)).toEqual([]);
  });

  test("are read as simple moderation where they are that, but for the console's test", () => {
    const simple = [...notes()].filter(([file, note]) => !isBroken(note) && isSimple(file)).map(([file]) => file);
    const ids = simple.map((file) => {
      const reading = read(file);
      return reading.ok && reading.value.jobs.map((job) => job.jobId).join();
    });
    const [image, video] = ["ixzt90jl2dfscxxxxxxxxxxxxxxxxx", "vxzt90jl2dfscxxxxxxxxxxxxxxxxx"];
    expect(ids.map(String).toSorted()).toEqual(["", image, image, video, video]);
  });

  test("fail with their place where they are broken as published", () => {
    const broken = [...notes()].filter(([, note]) => isBroken(note));
    expect(broken).toHaveLength(10);
    const failures = broken.map(([file]) => {
      const reading = read(file);
      return reading.ok ? file : [file, reading.error.kind, reading.error.line, reading.error.column];
    });
    expect(failures).toEqual(broken.map(([file, note]) => [file, "malformed", ...placeIn(file, note)]));
  });

  test("are plain where they are well-formed XML, and the parser reads the same", () => {
    const xml = [...notes()].filter(([file, note]) => file.endsWith(".xml") && !isBroken(note)).map(([file]) => file);
    expect(xml).toHaveLength(42);
    for (const text of xml.map(textOf)) {
      const read = readStrictXml(text);
      expect(read.ok && read.value.tree).toEqual(read.ok && treeOf(read.value.content));
      expect(read.ok && read.value.tree).toBeTruthy();
    }
  });
});
