/** The command lines of export and import, and their summary. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { readOptions } from "../../tools/transfer/options.ts";
import { newTally, summaryText } from "../../tools/transfer/tally.ts";

describe("the command line", () => {
  const env = { LOOKUP_TOKEN: "secret" };

  test("takes the token from the environment, and that of a local run by itself", () => {
    const read = readOptions("export", ["https://a.example", "--out", "f"], env);
    expect(read).toMatchObject({ ok: true, value: { token: "secret", file: "f", limit: 20, giveUpSeconds: 300 } });
    expect(readOptions("import", ["http://localhost:1", "--in", "f"], {})).toMatchObject({
      ok: true,
      value: { token: "local-lookup-token", concurrency: 4, from: 1 },
    });
    expect(readOptions("import", ["-h"], {})).toEqual({ ok: true, value: "help" });
  });

  test.each([
    [["--out", "f"], "Give the receiver's base URL, such as https://callbacks.example.com."],
    [["https://a.example", "https://b.example", "--out", "f"], "Give one base URL, not 2."],
    [["a.example", "--out", "f"], "a.example is not a URL that begins with http:// or https://."],
    [
      ["https://a.example/callbacks/k", "--out", "f"],
      "Give the base URL, https://a.example, not the callback URL: this needs a look-up token and no key.",
    ],
    [["https://a.example"], "Give the file with --out."],
    [["https://a.example", "--in", "f"], "--in is not an option of npm run export."],
    [["https://a.example", "--out", "f", "--limit", "101"], "--limit 101 is not a whole number from 1 to 100."],
    [["https://a.example", "--out", "f", "--what"], "Unknown option '--what'."],
  ])("refuses %j", (args, error) => {
    expect(readOptions("export", args, env)).toEqual({ ok: false, error: expect.stringContaining(error) });
  });

  test("asks for a token where it has none", () => {
    expect(readOptions("export", ["https://a.example", "--out", "f"], {})).toEqual({
      ok: false,
      error: "Set LOOKUP_TOKEN to one of the receiver's LOOKUP_TOKENS.",
    });
  });
});

test("a file that is not there is said in words, without a summary of nothing", () => {
  const args = ["tools/import.ts", "http://localhost:1", "--in", "no-such-file"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([status, stdout, stderr]).toEqual([1, "", "no-such-file: there is no such file or folder.\n"]);
});

test("the summary has a line for each thing there is to know", () => {
  const tally = { deliveries: 1_234, bytes: 5_678_901, expectations: 45, withoutBytes: 2, corrupt: 1, faults: 3 };
  expect(summaryText("exported to x", tally, 61.2)).toMatchInlineSnapshot(`
    "1,234 deliveries exported to x: 5.68 MB in 61 s.
    45 expected jobs too.
    2 without bytes, which have passed their retention: an import cannot restore their records.
    1 corrupt: the bytes kept are not the ones that came, and are not in the export.
    3 faults, told above.
    "
  `);
  const one = { ...newTally(), deliveries: 1, expectations: 1, faults: 1 };
  expect(summaryText("exported to x", one, 0)).toBe(
    "1 delivery exported to x: 0 bytes in 0 s.\n1 expected job too.\n1 fault, told above.\n",
  );
  expect(summaryText("exported to x", newTally(), 0)).toBe("0 deliveries exported to x: 0 bytes in 0 s.\n");
});
