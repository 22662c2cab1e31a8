/** What of `npm run listen` needs no receiver: its command line, its lines, its state file and its messages. */
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { type Job, type ReceiverEvent, verifyEvent } from "../../src/client/client.ts";
import { BODY_BYTES } from "../../src/events/limits.ts";
import { answerLine, endText, readyText } from "../../tools/listen/lines.ts";
import { eventMessage, idOf, rawMessage } from "../../tools/listen/message.ts";
import { HELP, type ListenOptions, readOptions } from "../../tools/listen/options.ts";
import { addTold, type ListenState, newSecret, openState, saveState } from "../../tools/listen/state.ts";
import { done, listed, running } from "./client-fixtures.ts";

const TO = ["--to", "http://localhost:3000/hook"];
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

const optionsOf = (args: readonly string[], env: Record<string, string> = {}): ListenOptions => {
  const read = readOptions(args, env);
  if (!read.ok || read.value === "help") expect.fail(JSON.stringify(read));
  return read.value;
};

describe("the command line", () => {
  test("needs no more than where to post, for a local receiver", () => {
    expect(optionsOf(TO)).toEqual({
      base: new URL("http://localhost:8787/"),
      token: "local-lookup-token",
      to: new URL("http://localhost:3000/hook"),
      secret: null,
      all: false,
      raw: false,
      stateFile: expect.stringMatching(/^\.wrangler\/listen\/localhost_8787-[0-9a-f]{8}\.json$/) as string,
      fromStart: false,
      last: 0,
    });
  });

  test("takes everything that it lists", () => {
    const args = ["https://a.example/ci?x#y", "--to", "http://localhost:3000", "--token", "t", "--secret", SECRET];
    expect(optionsOf([...args, "--all", "--last", "1000", "--from-start", "--state", "s.json"])).toEqual({
      base: new URL("https://a.example/ci/"),
      token: "t",
      to: new URL("http://localhost:3000/"),
      secret: SECRET,
      all: true,
      raw: false,
      stateFile: "s.json",
      fromStart: true,
      last: 1000,
    });
    expect(optionsOf([...TO, "--raw"]).raw).toBe(true);
    expect(readOptions(["-h"], {})).toEqual({ ok: true, value: "help" });
    for (const name of ["to", "token", "secret", "all", "raw", "last", "from-start", "state", "help"])
      expect(HELP).toContain(`--${name}`);
  });

  test("takes the token from the environment", () => {
    expect(optionsOf([...TO, "https://a.example"], { LOOKUP_TOKEN: "secret" }).token).toBe("secret");
  });

  test("has a state file for each receiver and each URL", () => {
    const files = [
      TO,
      ["--to", "http://localhost:3001/hook"],
      [...TO, "http://localhost:8788"],
      [...TO, "http://localhost:8787/ci"],
    ].map((args) => optionsOf(args).stateFile);
    expect(new Set(files).size).toBe(files.length);
    expect(optionsOf([...TO, "http://localhost:8787/"]).stateFile).toBe(files[0]);
  });

  test.each<[string[], string]>([
    [[], "Say where to post with --to, such as --to http://localhost:3000/hook."],
    [["--to", "ftp://a"], "--to ftp://a is not a URL that begins with http:// or https://."],
    [["--to", "http://u:p@a"], "--to http://u:p@a is not a URL that begins with http:// or https://."],
    [["--to", "localhost:3000"], "--to localhost:3000 is not a URL that begins with http:// or https://."],
    [[...TO, "a.example"], "a.example is not a URL that begins with http:// or https://."],
    [[...TO, "http://a.example", "http://b.example"], "Give one base URL, not 2."],
    [[...TO, "http://"], "http:// is not a URL that begins with http:// or https://."],
    [
      [...TO, "https://a.example/callbacks/k"],
      "Give the base URL, https://a.example, not the callback URL: this needs a look-up token and no key.",
    ],
    [[...TO, "https://a.example"], "Set LOOKUP_TOKEN to one of the receiver's LOOKUP_TOKENS."],
    [[...TO, "--secret", "hush"], "--secret is not whsec_ and base64."],
    [[...TO, "--raw", "--secret", SECRET], "--raw signs nothing, so it takes no --secret."],
    [[...TO, "--last", "0"], "--last 0 is not a whole number from 1 to 1000."],
    [[...TO, "--last", "1001"], "--last 1001 is not a whole number from 1 to 1000."],
    [[...TO, "--last", "ten"], "--last ten is not a whole number from 1 to 1000."],
  ])("refuses %j", (args, error) => {
    expect(readOptions(args, {})).toEqual({ ok: false, error });
  });

  test.each([["--frm-start"], ["--url"]])("refuses %s, in Node's words", (argument) => {
    const read = readOptions([...TO, argument], {});
    expect(read).toMatchObject({ ok: false, error: expect.stringContaining(argument) as string });
  });
});

describe("a line", () => {
  const at = new Date(2026, 10, 24, 7, 6, 5);
  const taken = { status: 204, fault: null, milliseconds: 11.6 };

  test("says when, what, how it ended, which job, and what was answered", () => {
    expect(answerLine(at, "job.finished", listed("j1"), taken, false)).toBe(
      "07:06:05  job.finished  Success   WordsGeneralize   text.txt  → 204  12 ms",
    );
    const bare = { jobId: "j1", state: null, tag: null, event: null, object: null };
    expect(answerLine(at, "callback", bare, { status: null, fault: "no such host", milliseconds: 3 }, false)).toBe(
      "07:06:05  callback      no state  no tag            j1  → no such host",
    );
  });

  test("shows what is in a callback and steers nothing", () => {
    const job = { ...listed("j1"), object: "a\u001b[2J\u202eb\n", tag: "T\r\u2028" };
    expect(answerLine(at, "job.finished", job, taken, false)).toContain("T??               a?[2J?b?  →");
  });

  test("is green for a 2xx and red for all else, on a terminal", () => {
    const colored = (status: number) => answerLine(at, "callback", listed("j1"), { ...taken, status }, true);
    expect([200, 299].map(colored).every((line) => line.includes("\u001b[32m"))).toBe(true);
    expect([199, 302, 500].map(colored).every((line) => line.includes("\u001b[31m"))).toBe(true);
  });

  test("stands below what is being done, with the secret where there is one", () => {
    expect(readyText(optionsOf([...TO, "--state", "s"]), SECRET, true)).toBe(
      "Following http://localhost:8787/ from now on.\n" +
        "Posting an event for each job that has ended to http://localhost:3000/hook\n" +
        `Signing secret: ${SECRET}\n` +
        "Ctrl-C ends it; s keeps the place.\n\n",
    );
    const raw = readyText(optionsOf([...TO, "--raw", "--all"]), SECRET, false);
    expect(raw).toContain("from where the last run ended.\nPosting the callback of each change of a job to");
    expect(raw).not.toContain(SECRET);
    expect(readyText(optionsOf([...TO, "--from-start"]), SECRET, false)).toContain("from its first job on.");
  });

  test("at the end counts the posts", () => {
    expect(endText(0, 0)).toBe("\nNothing was posted. The next run goes on here.\n");
    expect(endText(1, 0)).toBe("\n1 post, all answered with a 2xx. The next run goes on here.\n");
    expect(endText(2, 3)).toBe("\n5 posts, 3 not answered with a 2xx. The next run goes on here.\n");
  });
});

describe("the state file", () => {
  const base = new URL("http://localhost:8787/");
  const newFile = () => join(mkdtempSync(join(tmpdir(), "listen-")), "a", "state.json");

  test("is new, with a secret, where there is none", async () => {
    const opened = await openState(newFile(), base);
    expect(opened).toEqual({
      ok: true,
      value: { receiver: base.href, secret: expect.stringMatching(/^whsec_.{44}$/) as string, cursor: null, told: [] },
    });
    expect(newSecret()).not.toBe(newSecret());
  });

  test("gives back what was saved, to its owner alone", async () => {
    const file = newFile();
    const state: ListenState = { receiver: base.href, secret: SECRET, cursor: "c1", told: ["evt_1"] };
    await saveState(file, { ...state, cursor: "c0" });
    await saveState(file, state);
    expect(await openState(file, base)).toEqual({ ok: true, value: state });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("is refused where it is another receiver's, or none", async () => {
    const file = newFile();
    await saveState(file, { receiver: "http://a.example/", secret: SECRET, cursor: null, told: [] });
    expect(await openState(file, base)).toMatchObject({
      ok: false,
      error: `${file} belongs to http://a.example/, not to http://localhost:8787/. Name another one with --state.`,
    });
    for (const text of ["", "null", "{}", readFileSync(file, "utf8").replace("[]", "[1]")]) {
      writeFileSync(file, text);
      expect(await openState(file, base)).toMatchObject({
        ok: false,
        error: expect.stringContaining("is not a state file") as string,
      });
    }
  });

  test("keeps the ids that were told last, each once", () => {
    const state: ListenState = { receiver: "", secret: "", cursor: null, told: [] };
    for (let n = 0; n < 1_200; n += 1) addTold(state, `evt_${n % 1_100}`);
    expect(state.told).toHaveLength(1_000);
    expect(state.told.slice(-2)).toEqual(["evt_98", "evt_99"]);
    expect(new Set(state.told).size).toBe(1_000);
  });
});

describe("a message", () => {
  const to = new URL("http://localhost:3000/hook?token=1");

  test("is the event, signed as the published library has it", async () => {
    const { body, headers } = await eventMessage(done, to, SECRET, Date.now());
    expect(new Webhook(SECRET).verify(String(body), headers)).toEqual({
      type: "job.finished",
      timestamp: done.updatedAt,
      data: done,
    });
    const event: ReceiverEvent = await verifyEvent({ headers, body: String(body) }, SECRET);
    expect(event).toMatchObject({ id: idOf(done, to), type: "job.finished" });
  });

  test("of a job that goes on is job.updated", async () => {
    const { body } = await eventMessage(running, to, SECRET, Date.now());
    expect(JSON.parse(String(body))).toMatchObject({ type: "job.updated", data: { state: "Running" } });
  });

  test("leaves the detail of a large job out", async () => {
    const large = { ...done, detail: { JobId: "x".repeat(BODY_BYTES) } };
    const { body } = await eventMessage(large, to, SECRET, Date.now());
    expect(JSON.parse(String(body))).toMatchObject({ data: { detail: null, detailOmitted: true } });
  });

  test("has one id for one end at one endpoint, whatever stands behind its ?", () => {
    const id = idOf(done, to);
    const behind = done.delivery ?? expect.fail("no delivery");
    expect(id).toMatch(/^evt_[0-9a-f]{44}$/);
    expect(idOf({ ...done, updatedAt: "2030-01-01T00:00:00.000Z" }, new URL("http://localhost:3000/hook"))).toBe(id);
    const others = [
      idOf({ ...done, jobId: "j2" }, to),
      idOf({ ...done, state: "Failed" }, to),
      idOf({ ...done, delivery: { ...behind, id: "e".repeat(64) } }, to),
      idOf(done, new URL("http://localhost:3000/hooks")),
      idOf(running, to),
      idOf({ ...running, updatedAt: "2030-01-01T00:00:00.000Z" }, to),
    ];
    expect(new Set([id, ...others]).size).toBe(7);
  });

  test("of a job that is only expected is job.overdue, with the id that forwarding gives it", async () => {
    const dueAt = "2026-03-01T08:00:00.000Z";
    const expectation = { registeredAt: "2026-03-01T07:00:00.000Z", dueAt, overdue: true };
    const overdue: Job = { ...running, source: "expectation", delivery: null, expectation };
    const { body } = await eventMessage(overdue, to, SECRET, Date.now());
    expect(JSON.parse(String(body))).toMatchObject({ type: "job.overdue", data: { expectation: { overdue: true } } });
    // As `eventKey` names it, of type, subject and the time that it was due.
    const cause = JSON.stringify(["job.overdue", overdue.jobId, String(Date.parse(dueAt))]);
    const key = createHash("sha256").update(cause).digest("hex").slice(0, 32);
    expect(idOf(overdue, to)).toBe(`evt_${key}${idOf(done, to).slice(-12)}`);
  });

  test("is the callback as it is, with its content type or none", () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0, 255);
    expect(rawMessage(bytes, "text/xml;charset=gbk")).toEqual({
      body: bytes,
      headers: { "user-agent": "ci-callback-listen", "content-type": "text/xml;charset=gbk" },
    });
    expect(rawMessage(bytes, null).headers).not.toHaveProperty("content-type");
  });
});
