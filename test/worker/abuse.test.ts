/** Bodies made to hurt: each has a defined answer, and is kept wherever it is not too large. docs/security.md lists them. */
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/wire.ts";
import { segmentations, newJobId, segmentation } from "./bodies.ts";
import { get, post, read, send, sha256 } from "./receiver.ts";

const LEVELS = 100_000;

async function gzip(text: string): Promise<Uint8Array> {
  const stream = (new Response(text).body as ReadableStream).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("a body made to hurt", () => {
  test.each<[name: string, body: () => string | Uint8Array | Promise<Uint8Array>, status: number, says: RegExp]>([
    [
      "an entity bomb",
      () => '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;&c;&c;</a>',
      400,
      /DOCTYPE/,
    ],
    ["references to entities that nobody declared", () => `<a>${"&lol;".repeat(1_000)}</a>`, 400, /entity/],
    [
      "elements a hundred thousand deep",
      () => "<a>".repeat(LEVELS) + "</a>".repeat(LEVELS),
      400,
      /deeper than 100 levels/,
    ],
    ["elements a hundred thousand deep that never close", () => "<a>".repeat(LEVELS), 400, /deeper than 100 levels/],
    ["a hundred thousand nested arrays", () => "[".repeat(LEVELS) + "]".repeat(LEVELS), 400, /deeper than 100 levels/],
    ["a hundred thousand nested arrays that never close", () => "[".repeat(LEVELS), 400, /./],
    [
      "more than a million empty elements",
      () => `<a>${"<b/>".repeat(1_000_001)}</a>`,
      400,
      /more than 1000000 elements/,
    ],
    ["more than a million items", () => `[${"1,".repeat(1_000_001)}1]`, 400, /more than 1000000/],
    [
      "a CDATA section of 8 MB",
      () => `<a><![CDATA[${"x".repeat(8_000_000)}]]></a>`,
      400,
      /read up to 1000000 characters/,
    ],
    ["one string of 8 MB that never ends", () => `{"a":"${"x".repeat(8_000_000)}`, 400, /./],
    ["one comment of 8 MB that never ends", () => `<a><!--${"x".repeat(8_000_000)}`, 400, /comment is not closed/],
    ["a body compressed with gzip", () => gzip(segmentation("a")), 415, /gzip/],
    ["UTF-16", () => new Uint8Array([0xff, 0xfe, 0x3c, 0, 0x61, 0]), 415, /UTF-16/],
  ])("%s", async (_, make, status, says) => {
    const body = await make();
    const response = await post(body);
    expect(response.status).toBe(status);
    const id = await sha256(body);
    expect(await response.json()).toMatchObject({ delivery: id, reason: expect.stringMatching(says) });
    const raw = await get(`/deliveries/${id}/raw`);
    expect(await sha256(new Uint8Array(await raw.arrayBuffer()))).toBe(id);
  });

  test("with ten thousand JobsDetail is ten thousand jobs", async () => {
    const jobIds = Array.from({ length: 10_000 }, newJobId);
    const response = await post(segmentations(jobIds, () => ({ words: ["a"] })));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: jobIds });
    for (const jobId of [jobIds[0], jobIds[5_000], jobIds[9_999]])
      expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success" });
  });

  test("with ten thousand JobsDetail of one job is one job", async () => {
    const jobId = newJobId();
    const body = segmentations(Array<string>(10_000).fill(jobId), (at) => ({ words: [`${at}`] }));
    expect(await (await post(body)).json()).toMatchObject({ jobs: [jobId] });
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({
      detail: { Operation: { WordsGeneralizeResult: { WordsGeneralizeToken: [{ Word: "9999" }] } } },
    });
  });

  test("with values longer than an index takes keeps them in the job, and out of lists", async () => {
    const jobId = newJobId();
    const Object = "o".repeat(3_000_000);
    expect((await post(segmentation(jobId, { Object }))).status).toBe(200);
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ object: Object });
    const { jobs } = await read<{ jobs: Job[] }>("/jobs?limit=1");
    expect(jobs[0]).toMatchObject({ jobId, object: null });
  });

  test("with half a surrogate pair as a word gives it back as it came", async () => {
    const jobId = newJobId();
    const body = `{"JobsDetail":{"JobId":"${jobId}","Operation":{"WordsGeneralizeResult":{"WordsGeneralizeToken":{"Word":"\\ud83d"}}}}}`;
    await post(body);
    expect(await (await get(`/jobs/${jobId}`)).text()).toContain('"Word":"\\ud83d"');
  });

  test("with a JobId no key can be is in quarantine", async () => {
    const response = await post(segmentation("x".repeat(2_000)));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: expect.stringContaining("1024 characters") });
  });

  test("with names that mean something to JavaScript loses none of them and harms nothing", async () => {
    const jobId = newJobId();
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "prototype"];
    const xml = segmentation(jobId).replace(
      "<Operation>",
      `<Operation>${names.map((name) => `<${name}>${name}!</${name}>`).join("")}`,
    );
    await post(xml);
    const text = await (await get(`/jobs/${jobId}`)).text();
    for (const name of names) expect(text).toContain(`"${name}":"${name}!"`);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("secrets", () => {
  test("are in no answer and no log line", async () => {
    const lines: unknown[] = [];
    const { info, warn, error } = console;
    Object.assign(console, {
      info: (line: unknown) => lines.push(line),
      warn: (line: unknown) => lines.push(line),
      error: (line: unknown) => lines.push(line),
    });
    const answers: string[] = [];
    try {
      const requests = [
        post(segmentation(newJobId())),
        post("broken"),
        post("{", { STORE: "?" }),
        get("/jobs/x"),
        get("/jobs?x=1"),
        send("/callbacks/test-callback-key"),
        send("/readyz"),
      ];
      for (const response of await Promise.all(requests))
        answers.push((await response.text()) + JSON.stringify([...response.headers]));
    } finally {
      Object.assign(console, { info, warn, error });
    }
    expect(lines.length).toBeGreaterThan(1);
    for (const text of [...answers, ...lines.map(String)]) {
      for (const secret of ["test-callback-key", "next-callback-key", "test-lookup-token"])
        expect(text).not.toContain(secret);
    }
  });
});
