/** The search of the pages: where it leads, and what it offers. */
import { describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { location, page, seen, session } from "./reader.ts";
import { post, sha256, TOKEN } from "./receiver.ts";

describe("the search", () => {
  const find = async (text: string) => page(`/ui/find?q=${encodeURIComponent(text)}`, { cookie: await session() });
  const foundJobs = (markup: string) => [...markup.matchAll(/data-key="([^"]+)"/g)].map(([, id]) => id);

  test("leads to what has the text as its id, or its object, or its user data", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { Object: `texts/${jobId}/a.txt`, UserData: `order ${jobId}` });
    await post(body);
    for (const text of [` ${jobId} `, `texts/${jobId}/a.txt`, `texts/${jobId}/`, `order ${jobId}`])
      expect(location(await find(text))).toEqual([303, `/ui/jobs/${jobId}`]);
    const id = await sha256(body);
    expect(location(await find(id.toUpperCase()))).toEqual([303, `/ui/deliveries/${id}`]);
    const runId = `r${newJobId()}`;
    await post(workflowFinish(runId, []));
    expect(location(await find(runId))).toEqual([303, `/ui/runs/${runId}`]);
    expect(location(await find(" "))).toEqual([303, "/"]);
  });

  test("offers what it found where that is more than one thing, and no other object", async () => {
    const mark = newJobId();
    const ids = [newJobId(), newJobId(), newJobId()];
    for (const [index, id] of ids.entries())
      await post(segmentation(id, { Object: `${mark}/${index < 2 ? "a" : "ab"}` }));
    await post(segmentation(newJobId(), { Object: `${mark}.` }));
    const response = await find(`${mark}/a`);
    const text = await response.text();
    expect([response.status, foundJobs(text)]).toEqual([200, [ids[1], ids[0], ids[2]]]);
    expect(text).toContain(`value="${mark}/a"`);
    expect(text).not.toContain("Wait for a job");
  });

  test("shows the first of many, and says where the others are", async () => {
    const mark = newJobId();
    const all = `href="/?object=${encodeURIComponent(`${mark}/a`)}"`;
    for (let index = 0; index < 4; index += 1) await post(segmentation(newJobId(), { Object: `${mark}/a` }));
    expect(await (await find(`${mark}/a`)).text()).not.toContain(all);
    for (let index = 0; index < 2; index += 1) await post(segmentation(newJobId(), { Object: `${mark}/a` }));
    const exact = await (await find(`${mark}/a`)).text();
    expect([foundJobs(exact).length, exact.includes(all)]).toEqual([5, true]);
    const prefix = seen(await (await find(`${mark}/`)).text());
    expect(prefix).toContain("Only 5 are shown. Type more of the name to narrow it down.");
  });

  test("says that it found nothing before it offers to wait", async () => {
    const response = await find("a/b");
    const text = await response.text();
    expect([response.status, seen(text)]).toEqual([404, expect.stringContaining("Nothing found a/b")]);
    expect(text).toContain('<a href="/ui/jobs/a%2Fb">Wait for a job with this ID</a>');
  });

  test("finds by id alone with KV, which has no other order", async () => {
    const kv = { STORE: "kv" };
    const cookie = await session(TOKEN, kv);
    expect((await page("/ui/find?q=texts/a", { cookie }, kv)).status).toBe(404);
  });
});
