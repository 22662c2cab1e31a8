/** The tool that imports, against a receiver that fails in every way a test asks for. */
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { type Place, runImport } from "../../tools/transfer/import.ts";
import { headLine } from "../../tools/transfer/lines.ts";
import type { TransferOptions } from "../../tools/transfer/options.ts";
import { drop, problem, startReceiver, type Step } from "./scripted-receiver.ts";
import { expectation, line, newFile, newTransfer, next, optionsFor, sha256, WRONG_TOKEN } from "./transfers.ts";

/** Takes in what is sent, as a receiver does; `refuse` names deliveries that it refuses. */
const take =
  (received: string[][], refuse: readonly string[] = []): Step =>
  async (response, request) => {
    const lines = (await bodyOf(request)).trimEnd().split("\n");
    const sent = lines.map((text) => JSON.parse(text) as { id?: string; expectation?: { jobId: string } });
    const names = sent.map(({ id, expectation }) => id ?? expectation?.jobId ?? "");
    received.push(names);
    const imported = sent.map(({ id: delivery = null }, index) => {
      if (refuse.includes(names[index] as string)) return { delivery, status: "refused", reason: "No." };
      return { delivery, status: delivery === null ? "expected" : "stored" };
    });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ imported }));
  };

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
}

describe("an import", () => {
  const head = headLine(new URL("http://source/"));

  async function importFile(text: string, steps: [Step, ...Step[]], changes: Partial<TransferOptions> = {}) {
    await using receiver = await startReceiver(...steps);
    const file = newFile();
    writeFileSync(file, text);
    const transfer = newTransfer();
    const place: Place = { line: 1 };
    const outcome = await runImport(optionsFor(receiver.baseUrl, file, changes), transfer, place);
    return { outcome, ...transfer, place, asked: receiver.asked };
  }

  test("sends what has its bytes, and tells of what is missing, damaged or refused, by the line of the file", async () => {
    const received: string[][] = [];
    const text = [
      head,
      line("a"),
      line("gone", { bytes: null, missing: "retention" }),
      next("1"),
      line("b"),
      line("rot", { bytes: null, missing: "corrupt" }),
      line("c", { bytes: "eA==" }),
      "broken\n",
      line("d"),
      expectation("j1"),
      expectation("j2"),
      next(null),
    ].join("");
    const { outcome, tally, said } = await importFile(text, [take(received, [sha256("b"), "j2"])]);
    expect(outcome).toEqual({ kind: "done" });
    expect(received).toEqual([[sha256("a"), sha256("b"), sha256("d"), "j1", "j2"]]);
    expect(tally).toEqual({ deliveries: 2, bytes: 2, expectations: 1, withoutBytes: 1, corrupt: 1, faults: 4 });
    expect(said).toEqual([
      expect.stringMatching(/^Line 7 has other bytes than those of delivery/),
      "Line 8 is not JSON.",
      `Line 5, delivery ${sha256("b")}: the receiver refused it. No.`,
      "Line 11, the expectation of job j2: the receiver refused it. No.",
    ]);
  });

  test("sends a batch again that was not answered for, and in parts where it fails again and again", async () => {
    const received: string[][] = [];
    const text = `${head}${line("a")}${line("b")}${line("c")}${next(null)}`;
    const busy = problem(503, "store-unavailable", {}, { "retry-after": "0" });
    const wrong: Step = (response) => response.writeHead(200).end('{"imported":[]}');
    const { outcome, tally } = await importFile(text, [drop, busy, wrong, take(received), drop, take(received)]);
    expect(outcome).toEqual({ kind: "done" });
    expect(received).toEqual([[sha256("a"), sha256("b")], [sha256("c")]]);
    expect(tally.deliveries).toBe(3);
  });

  test("ends where no try can help, says where to go on, and goes on there", async () => {
    const received: string[][] = [];
    const text = `${head}${line("a")}${line("b")}${next("1")}${line("c")}${next(null)}`;
    const steps: [Step, ...Step[]] = [take(received), problem(401, "unauthorized")];
    const { outcome, place, asked } = await importFile(text, steps, { limit: 1 });
    expect(outcome).toEqual({ kind: "failed", reason: WRONG_TOKEN });
    expect([place.line, asked.length]).toEqual([3, 2]);
    const rest = await importFile(text, [take(received)], { from: place.line });
    expect(rest.outcome).toEqual({ kind: "done" });
    expect(received.flat()).toEqual(["a", "b", "c"].map(sha256));
  });

  test("sends a few requests at a time, and no request larger than the receiver does with ease", async () => {
    const received: string[][] = [];
    const bodies = Array.from({ length: 30 }, (_, at) => `${at}`.repeat(at % 10 === 0 ? 200_000 : 10));
    const text = `${head}${bodies.map((body) => line(body)).join("")}${next(null)}`;
    const { tally } = await importFile(text, [take(received)], { concurrency: 4, limit: 4 });
    expect(received.flat().toSorted()).toEqual(bodies.map(sha256).toSorted());
    expect(Math.max(...received.map((ids) => ids.length))).toBe(4);
    expect(tally.deliveries).toBe(30);
  });

  test("of a file that is cut short does what is there, and fails", async () => {
    const received: string[][] = [];
    const { outcome } = await importFile(`${head}${line("a")}${next("1")}${line("b")}{"id":`, [take(received)]);
    expect(outcome).toEqual({ kind: "failed", reason: expect.stringContaining("is not a whole export") });
    expect(received.flat()).toEqual([sha256("a"), sha256("b")]);
  });

  test("takes no other file", async () => {
    const { outcome, asked } = await importFile(`${line("a")}${next(null)}`, [take([])]);
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(asked).toEqual([]);
  });
});
