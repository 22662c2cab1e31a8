/** The tool that exports, against a receiver that fails in every way a test asks for. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runExport } from "../../tools/transfer/export.ts";
import { headLine, parseLine } from "../../tools/transfer/lines.ts";
import { newTally } from "../../tools/transfer/tally.ts";
import { drop, dropHalfway, html, problem, startReceiver, type Step } from "./scripted-receiver.ts";
import { expectation, line, newFile, newTransfer, next, optionsFor, WRONG_TOKEN } from "./transfers.ts";

const page =
  (...lines: string[]): Step =>
  (response) =>
    response.writeHead(200, { "content-type": "application/x-ndjson" }).end(lines.join(""));

describe("an export", () => {
  test("is written page after page, through faults of the connection, of the receiver and of a page", async () => {
    await using receiver = await startReceiver(
      page(line("a"), line("gone", { bytes: null, missing: "retention" }), next("1")),
      problem(503, "store-unavailable", {}, { "retry-after": "2" }),
      drop,
      page(line("b")),
      page(line("b", { bytes: "eA==" }), next("2")),
      page(line("b"), line("rot", { bytes: null, missing: "corrupt" }), next("2")),
      dropHalfway,
      page(expectation("j1"), next(null)),
    );
    const file = newFile();
    const transfer = newTransfer();
    const outcome = await runExport(optionsFor(receiver.baseUrl, file, { giveUpSeconds: 60 }), transfer);
    expect(outcome).toEqual({ kind: "done" });
    expect(transfer.tally).toEqual({
      ...newTally(),
      deliveries: 2,
      bytes: 2,
      expectations: 1,
      withoutBytes: 1,
      corrupt: 1,
    });
    const kinds = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((text) => parseLine(text));
    expect(kinds.map((kind) => kind.ok && kind.value.kind)).toEqual([
      "head",
      "delivery",
      "missing",
      "next",
      "delivery",
      "missing",
      "next",
      "expectation",
      "next",
    ]);
    expect(transfer.said.map((text) => text.replace(/\. Trying again in \d+ s\.$/, ""))).toEqual([
      "The receiver answered 503: Detail of store-unavailable",
      expect.stringContaining("did not answer: the connection was dropped"),
      "A page of the export is cut short",
      expect.stringContaining("A page of the export has a line that has other bytes"),
      expect.stringContaining("did not answer: the connection was dropped"),
    ]);
    expect(transfer.said[0]).toContain("Trying again in 2 s.");
    expect(transfer.slept[0]).toBe(2_000);
    // What fails may be too much at once: fewer are asked for, and then more again.
    expect(receiver.asked.map((path) => new URL(path, "http://x").searchParams.get("limit"))).toEqual([
      "20",
      "20",
      "10",
      "5",
      "3",
      "2",
      "3",
      "2",
    ]);
    expect(receiver.headers[0]).toMatchObject({ authorization: "Bearer secret" });
  });

  test("goes on after the last whole page that a file has, and counts what is there", async () => {
    await using receiver = await startReceiver(page(line("c"), next(null)));
    const file = newFile();
    const kept = `${headLine(new URL(`${receiver.baseUrl}/`))}${line("a")}${next("1")}${line("b", { bytes: null, missing: "corrupt" })}${next("2")}`;
    writeFileSync(file, `${kept}${line("c")}\u0000\u0000\n{"id":`);
    const transfer = newTransfer();
    expect(await runExport(optionsFor(receiver.baseUrl, file), transfer)).toEqual({ kind: "done" });
    expect(readFileSync(file, "utf8")).toBe(`${kept}${line("c")}${next(null)}`);
    expect(receiver.asked).toEqual(["/deliveries/export?limit=20&cursor=2"]);
    expect(transfer.tally).toMatchObject({ deliveries: 2, corrupt: 1 });
  });

  test.each([
    ["of somebody", "is there and is not an export"],
    [headLine(new URL("http://other/")), "is an export of http://other/"],
    [`${headLine(new URL("http://127.0.0.1:9/"))}${next(null)}`, "is a whole export already"],
  ])("leaves another file as it is: %s", async (text, reason) => {
    const file = newFile();
    writeFileSync(file, text);
    const outcome = await runExport(optionsFor("http://127.0.0.1:9", file), newTransfer());
    expect(outcome).toEqual({ kind: "refused", reason: expect.stringContaining(reason) });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test.each([
    [problem(401, "unauthorized"), WRONG_TOKEN],
    [
      html(404),
      "The receiver answered 404: nothing is at this path. The base URL is wrong, or the receiver is of an older version",
    ],
    [
      ((response) => response.writeHead(302, { location: "http://x/" }).end()) as Step,
      "The receiver answered 302, a redirect. Give the base URL that it leads to",
    ],
  ])("asks only once where that cannot help", async (step, reason) => {
    await using receiver = await startReceiver(step);
    const outcome = await runExport(optionsFor(receiver.baseUrl, newFile()), newTransfer());
    expect(outcome).toEqual({ kind: "failed", reason });
    expect(receiver.asked.length).toBe(1);
  });

  test("ends where a fault lasts longer than its patience, and where it is interrupted", async () => {
    await using receiver = await startReceiver(page(line("a"), next("1")), problem(503, "store-unavailable"));
    const options = optionsFor(receiver.baseUrl, newFile(), { giveUpSeconds: 0 });
    expect(await runExport(options, newTransfer())).toMatchObject({ kind: "failed" });
    const transfer = newTransfer();
    transfer.interrupt();
    expect(await runExport(options, transfer)).toEqual({ kind: "interrupted" });
    expect(transfer.tally.deliveries).toBe(1);
  });
});
