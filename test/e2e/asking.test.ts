/** What did not come, as a reader meets it: a job that is announced, becomes overdue by itself, and is asked about by a button. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_KEYS, LOCAL_QUEUE, localSettings } from "../../tools/ci/local-queue.ts";
import { type CiServer, startCi } from "../../tools/ci/server.ts";
import { segmentation } from "./bodies.ts";
import { hasChromium, launch, screenshot, UNLESS_SKIPPED, visitSignedIn } from "./browser.ts";
import { startTarget, type Target } from "./deliver.ts";
import { TOKEN } from "./server.ts";

describe.skipIf(!hasChromium)(`a job that is announced, in Chromium${UNLESS_SKIPPED}`, () => {
  let ci: CiServer;
  let target: Target;
  let browser: Browser;

  beforeAll(async () => {
    ci = await startCi({ keys: LOCAL_KEYS });
    target = await startTarget(localSettings(ci.url));
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await target?.stop();
    await ci?.stop();
  });

  const announce = async (jobId: string, within: number) => {
    const { bucket, region } = LOCAL_QUEUE;
    const body = JSON.stringify({ within, bucket, region, tag: "WordsGeneralize" });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${target.base}/jobs/${jobId}/expectation`, { method: "PUT", headers, body });
    expect(response.status).toBe(201);
  };

  test("becomes overdue while its page is open, is listed, and shows its callback when it comes", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await announce("asked-1", 3);
    await page.goto("/ui/jobs/asked-1");
    await page.locator(".under .badge", { hasText: "Overdue" }).waitFor();
    await screenshot(page, "job-overdue");
    await page.goto("/");
    await page.getByRole("link", { name: "Overdue" }).click();
    await page.locator('#jobs li[data-key="asked-1"] a').click();
    await page.waitForURL("**/ui/jobs/asked-1");
    expect(await target.post(segmentation("asked-1"))).toBe(200);
    await page.getByRole("heading", { name: "articles/meeting.txt" }).waitFor();
    expect(await page.locator("main").innerText()).not.toContain("Overdue");
    expect(faults).toEqual([]);
    await close();
  });

  test("is asked about by a button, and has what CI itself says", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await announce("asked-2", 3600);
    await page.goto("/ui/jobs/asked-2");
    await page.getByRole("button", { name: "Ask CI now" }).click();
    await page.getByRole("status").filter({ hasText: "CI was asked" }).waitFor();
    expect(await page.locator("main .under").innerText()).toBe("Expected");
    ci.ci.know([
      {
        ...LOCAL_QUEUE,
        jobId: "asked-2",
        tag: "WordsGeneralize",
        moderation: null,
        state: "Failed",
        createdAt: Date.now() - 60_000,
        detail: {
          JobId: "asked-2",
          State: "Failed",
          Code: "InvalidText",
          Message: "text is empty",
          Tag: "WordsGeneralize",
        },
      },
    ]);
    await page.getByRole("button", { name: "Ask CI now" }).click();
    await page.getByRole("heading", { name: "The job failed" }).waitFor();
    expect(await page.locator("main .under").innerText()).toContain("CI’s own answer");
    await screenshot(page, "job-reconciled");
    expect(faults).toEqual([]);
    await close();
  });
});
