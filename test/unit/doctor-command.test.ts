/** The doctor's command line: its options, and its report for people and for programs. test/e2e runs it. */
import { afterEach, describe, expect, test } from "vitest";
import { examine } from "../../tools/doctor.ts";
import { readOptions } from "../../tools/doctor/options.ts";
import { callbackUrl, jsonReport, textReport } from "../../tools/doctor/report.ts";
import { KEY, options, POST_KEY, problem, start, stop } from "./doctored-receiver.ts";

afterEach(stop);

describe("the command line", () => {
  test.each([
    [["ftp://x"], "ftp://x is not a URL that begins with http:// or https://."],
    [["https://a.example", "https://b.example"], "Give one base URL, not 2."],
    [
      ["https://a.example/callbacks/secret"],
      "Give the base URL, https://a.example, and the key with --key or CALLBACK_KEY.",
    ],
    [["--timeout", "soon"], "--timeout soon is not a number from 1 to 600."],
    [["--ky", "x"], "Unknown option '--ky'."],
  ])("%j is refused in a sentence", (args, error) => {
    expect(readOptions(args, {})).toEqual({ ok: false, error });
  });

  test("secrets come from options, then the environment, then those of a local run", () => {
    const secrets = (args: string[], env: Record<string, string>) => {
      const read = readOptions(args, env);
      return read.ok && read.value !== "help" ? [read.value.key, read.value.token] : read;
    };
    const env = { CALLBACK_KEY: "k2", LOOKUP_TOKEN: "t2" };
    expect(secrets(["--key", "k1", "--token", "t1"], env)).toEqual(["k1", "t1"]);
    expect(secrets(["https://a.example"], env)).toEqual(["k2", "t2"]);
    expect(secrets([], {})).toEqual(["local-callback-key", "local-lookup-token"]);
    expect(secrets(["https://a.example"], {})).toEqual([null, null]);
  });

  test("what to give to CI has the whole URL, but not where a log keeps it", () => {
    const base = new URL("https://callbacks.example.com/");
    expect(callbackUrl(options(base))).toBe("https://callbacks.example.com/callbacks/the-key");
    const text = textReport(options(base, { showKey: false }), []);
    expect(text).toContain("<CallBack>https://callbacks.example.com/callbacks/<one of CALLBACK_KEYS></CallBack>");
    expect(text).not.toContain("the-key");
  });

  test("of a local run it says how to post to it, since CI cannot", () => {
    const text = textReport(options(new URL("http://localhost:8787/")), []);
    expect(text).toContain("npm run simulate -- http://localhost:8787/callbacks/the-key");
    expect(text).not.toContain("<CallBack>");
  });

  test("a report says what to do where there is a fault, and what to give to CI where there is none", async () => {
    const faulty = options(await start({ [POST_KEY]: () => problem(404, "not-found") }));
    const text = textReport(faulty, await examine(faulty));
    expect(text).toMatch(/^XX {2}callback .*\n +-> Give one with --key or CALLBACK_KEY\.$/m);
    expect(text).not.toContain("<CallBack>");
    const healthy = options(await start());
    expect(textReport(healthy, await examine(healthy))).toContain("No faults, no warnings.");
  });

  test("a report tells a program the same", async () => {
    const healthy = options(await start());
    const findings = await examine(healthy);
    expect(JSON.parse(jsonReport(healthy, findings))).toEqual({
      base: healthy.base.href,
      ok: true,
      findings: JSON.parse(JSON.stringify(findings)) as object,
      callBack: `${healthy.base.href}callbacks/${KEY}`,
    });
  });
});
