/** The doctor on where a receiver is, on its key, and on what only a deployment can have wrong. */
import { afterEach, describe, expect, test } from "vitest";
import { examine } from "../../tools/doctor.ts";
import { askAt, tlsFault } from "../../tools/doctor/ask.ts";
import { checkHost, checkTls, checkUrlLength } from "../../tools/doctor/host.ts";
import { checkKeyShape, isRedacted } from "../../tools/doctor/key.ts";
import { checkReadiness } from "../../tools/doctor/readiness.ts";
import { checkWrongKey } from "../../tools/doctor/round-trip.ts";
import { found, options, problem, ready, start, stop } from "./doctored-receiver.ts";

afterEach(stop);

test("nothing that listens is said in words", async () => {
  const base = await start();
  stop();
  const findings = await examine(options(base));
  expect(found(findings, "fault")).toEqual([
    `reachable: ${base.origin}: the connection was refused: nothing listens there`,
  ]);
  expect(findings[0]?.remedy).toBe(
    `Start a local run there with \`npm run dev -- --port ${base.port}\`, or give the port of the one that runs.`,
  );
});

test("an https address that does not speak TLS is said to be one", async () => {
  const base = await start();
  base.protocol = "https:";
  const findings = await examine(options(base));
  expect(found(findings, "fault")).toEqual([
    `reachable: ${base.origin}: no safe connection: it does not speak TLS on this port`,
  ]);
  expect(findings[0]?.remedy).toBe(`A local run has no TLS: give http://${base.host}.`);
});

describe("an address", () => {
  test.each([
    ["https://callbacks.example.com", []],
    ["http://callbacks.example.com", ["TLS: none: the key travels where anybody on the way can read it"]],
    [
      "https://receiver.team.workers.dev",
      ["address: *.workers.dev is reported unreachable from mainland China, where some CI regions are"],
    ],
  ])("%s", (address, expected) => {
    const base = new URL(address);
    expect(found([checkTls(base, false), checkHost(base, false)], "warning", "fault")).toEqual(expected);
  });

  test("is warned about when it is longer than a queue takes", () => {
    const url = (key: string) => new URL(`https://callbacks.example.com/callbacks/${key}`);
    expect(found(checkUrlLength(url("k".repeat(60))), "warning")).toEqual([]);
    expect(found(checkUrlLength(url("k".repeat(61))), "warning")).toEqual([
      "length: the callback URL has 101 characters, and one page of CI's documentation allows 100 for a queue's",
    ]);
  });

  test.each([
    ["CERT_HAS_EXPIRED", "its certificate has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host"],
    ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "the words of OpenSSL"],
    ["ECONNREFUSED", null],
  ])("whose TLS fails with %s is explained", (code, says) => {
    expect(tlsFault(new TypeError("fetch failed", { cause: { code, message: "the words of OpenSSL" } }))).toBe(says);
  });
});

test.each([
  ["0f242ff5e419570c0bf1a7565941032f", true],
  ["0F242FF5E419570C0BF1A7565941032F0F", true],
  ["0f242ff5e419570c0bf1a7565941032", false],
  ["HQseR9h1x72kvLYXNZNmZ", true],
  ["HQseR9h1x72kvLYXNZNm", false],
  ["local-callback-key", false],
  ["one-key-that-is-longer-than-all-others", false],
  ["0f242ff5e419570c0bf1a7565941032f.0f", false],
])("the key %s is redacted by Cloudflare's logs: %s", (key, expected) => {
  expect(isRedacted(key)).toBe(expected);
  expect(checkKeyShape(key).verdict).toBe(expected ? "ok" : "warning");
});

describe("a deployment", () => {
  test("that takes the secrets of the example is said to", async () => {
    const base = await start({
      "GET /callbacks/local-callback-key": () => problem(405, "method-not-allowed"),
      "GET /deliveries?limit=1": ({ token }) =>
        token === "local-lookup-token" ? { body: { deliveries: [] } } : problem(401, "unauthorized"),
    });
    expect(found(await checkWrongKey(askAt(base, 5), false), "fault")).toEqual([
      "example secrets: local-callback-key and local-lookup-token work here, and everybody knows them",
    ]);
  });

  test.each([
    [null, "upkeep: the cron has not run yet"],
    [new Date(Date.now() - 3_600_000).toISOString(), "upkeep: the cron last ran 60 minutes ago"],
  ])("whose cron does not run is said to: %s", async (lastUpkeepAt, says) => {
    const base = await start({ "GET /readyz": () => ready({ lastUpkeepAt }) });
    expect(found(await checkReadiness(askAt(base, 5), false), "warning", "fault")).toEqual([says]);
  });
});
