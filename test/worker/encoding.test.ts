/** How bodies lie in the database: byte for byte the same when they are read, whatever they are. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { decodeBytes } from "../../src/callback/callback.ts";
import { COMPRESS_ABOVE_BYTES, decodeBody, encodeBody } from "../../src/store/encoding.ts";
import { CorruptBodyError } from "../../src/store/errors.ts";
import { ENVELOPES } from "../fixtures/envelopes.ts";
import { document, edited } from "../fixtures/generated.ts";
import { TAGS, workflowJobOf } from "../fixtures/jobs.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { get, post, read, sha256 } from "./receiver.ts";

const encoder = new TextEncoder();

const encode = (bytes: Uint8Array) => encodeBody(decodeBytes(bytes), bytes.length);

async function holds(bytes: Uint8Array): Promise<void> {
  const { encoding, parts } = encode(bytes);
  const body = await decodeBody(await sha256(bytes), encoding, parts);
  expect(typeof body === "string" ? encoder.encode(body) : body).toEqual(bytes);
}

describe("a body is the same again, byte for byte", () => {
  test.each([
    ["of any bytes", fc.uint8Array({ maxLength: 4_000 })],
    [
      "of any bytes that begin as XML or JSON",
      fc
        .tuple(fc.constantFrom("<", "{", "[", "\ufeff<", " \r\n{"), fc.uint8Array({ maxLength: 4_000 }))
        .map(([start, rest]) => Uint8Array.of(...encoder.encode(start), ...rest)),
    ],
    [
      "of any text that begins as XML or JSON",
      fc
        .tuple(fc.constantFrom("<", "{", "<a>\n    ", '{\n "'), fc.string({ unit: "binary", maxLength: 4_000 }))
        .map(([start, rest]) => encoder.encode(start + rest)),
    ],
    ["of any document", document.map((text) => encoder.encode(text))],
    ["of a document that is damaged", edited(document).map((text) => encoder.encode(text))],
  ] as const)("%s", async (_, bodies) => {
    await fc.assert(fc.asyncProperty(bodies, holds), { numRuns: 300 });
  });

  test("of every job type in every envelope", async () => {
    for (const { print } of ENVELOPES) {
      for (const tag of TAGS) await holds(encoder.encode(print(workflowJobOf(tag))));
    }
  });

  test.skipIf(inject("published").length === 0)("of every published payload, through the database", async () => {
    for (const body of inject("published")) {
      await holds(encoder.encode(body));
      await post(body);
      expect(await (await get(`/deliveries/${await sha256(body)}/raw`)).text()).toBe(body);
    }
  });
});

describe("a body lies", () => {
  const ofSize = (bytes: number) => {
    const empty = "<Response><A></A></Response>";
    return encoder.encode(empty.replace("><", `>${"a".repeat(bytes - empty.length)}<`));
  };

  test.each([
    ["deflated against a dictionary where it looks like a callback", encoder.encode(segmentation("a1")), "xml1c"],
    ["so up to the limit", ofSize(COMPRESS_ABOVE_BYTES), "xml1c"],
    ["without a dictionary where it is larger", ofSize(COMPRESS_ABOVE_BYTES + 1), "gzip"],
    ["as it is where it does not look like a callback", encoder.encode("hello ".repeat(50)), "utf-8"],
    ["as it is where it would not get smaller", encoder.encode("<é"), "utf-8"],
    ["in base64 where it is no text", Uint8Array.of(60, 255), "base64"],
  ] as const)("%s", async (_, bytes, encoding) => {
    expect(encode(bytes).encoding).toBe(encoding);
  });

  test("in few bytes, as a BLOB", async () => {
    const body = segmentation(newJobId());
    await post(body);
    const row = await env.DB.prepare(
      "SELECT encoding, typeof(body) AS type, length(body) AS bytes FROM deliveries WHERE id = ?",
    )
      .bind(await sha256(body))
      .first<{ encoding: string; type: string; bytes: number }>();
    expect(row).toMatchObject({ encoding: "xml1c", type: "blob" });
    expect(row?.bytes).toBeLessThan(body.length / 3);
  });

  test("as text that happens to be hexadecimal digits, and stays text", async () => {
    const body = newJobId().slice(1, 33);
    await post(body);
    expect(await (await get(`/deliveries/${await sha256(body)}/raw`)).text()).toBe(body);
  });
});

describe("what the version before has written", () => {
  test.each([
    ["utf-8", (body: string) => body],
    ["base64", (body: string) => encoder.encode(body).toBase64()],
  ])("in %s is read", async (encoding, written) => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    await env.DB.prepare("UPDATE deliveries SET encoding = ?, body = ? WHERE id = ?")
      .bind(encoding, written(body), await sha256(body))
      .run();
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ detail: { Operation: { WordsGeneralize: {} } } });
  });
});

describe("a row that is damaged", () => {
  const damaged = async (change: string) => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    await env.DB.prepare(`UPDATE deliveries SET ${change} WHERE id = ?`).bind(id).run();
    return { id, response: await get(`/jobs/${jobId}/raw`) };
  };

  test.each([
    ["in its middle", "body = unhex(substr(hex(body), 1, 40) || '00' || substr(hex(body), 43))"],
    ["by its end", "body = unhex(substr(hex(body), 1, 40))"],
    ["to nothing", "body = x''"],
    ["to text that is no hexadecimal digits", "body = 'x'"],
    ["by the name of another dictionary", "encoding = 'json1'"],
  ])("%s is a fault that is told", async (_, change) => {
    const { id, response } = await damaged(change);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ type: "/problems/corrupt-bytes", delivery: id });
  });

  test("is not said of an encoding that only a newer version knows", async () => {
    const { response } = await damaged("encoding = 'xml99'");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ type: "/problems/internal-error" });
  });

  test("is never other bytes, whichever of them is another", async () => {
    const bytes = encoder.encode(segmentation("a1"));
    const id = await sha256(bytes);
    const { encoding, parts } = encode(bytes);
    const hex = parts.join("");
    for (let at = 0; at < hex.length; at += 2) {
      const other = (Number.parseInt(hex.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, "0");
      const outcome = decodeBody(id, encoding, [hex.slice(0, at) + other + hex.slice(at + 2)]);
      await expect(outcome).rejects.toThrow(CorruptBodyError);
    }
  });
});
