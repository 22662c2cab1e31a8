/**
 * axe-core on every page in two looks that have nothing in common, and the width of every page in both languages on a
 * narrow screen: nothing serious or critical, and nothing wider than the screen.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROKEN, failed, moderation, segmentation, transcode, workflow } from "./bodies.ts";
import { hasChromium, UNLESS_SKIPPED, launch, screenshot, visit, visitSignedIn } from "./browser.ts";
import { startTarget, type Target } from "./deliver.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PAGES = {
  home: "/",
  "home-filtered": "/?tag=WordsGeneralize&receivedAfter=2026-01-01",
  "home-nothing": "/?tag=None",
  "home-wrong": "/?receivedAfter=yesterday",
  segmentation: "/ui/jobs/axe-1",
  "segmentation-filtered": "/ui/jobs/axe-1?pos=v",
  "segmentation-table": "/ui/jobs/axe-1?as=table",
  "segmentation-tags": "/ui/jobs/axe-1?as=tags&find=%E5%8C%97%E4%BA%AC",
  find: "/ui/find?q=lecture",
  "find-nothing": "/ui/find?q=nothing-has-this",
  "not-found": "/nowhere",
  failure: "/ui/jobs/axe-2",
  tree: "/ui/jobs/axe-3",
  moderation: "/ui/jobs/axe-4",
  media: "/ui/jobs/axe-5",
  unknown: "/ui/jobs/axe-none",
  expected: "/ui/jobs/axe-expected",
  overdue: "/ui/overdue",
  disputed: "/?verified=false",
  "disputed-job": "/ui/jobs/axe-1",
  runs: "/ui/runs",
  run: "/ui/runs/axe-run",
  deliveries: "/ui/deliveries",
  quarantine: "/ui/deliveries?status=quarantined",
  events: "/ui/events",
  "events-none": "/ui/events?status=failed",
  docs: "/docs",
  problems: "/problems",
  problem: "/problems/malformed-body",
};

/** Nothing listens there: events wait. */
const TELLS_NOBODY = {
  FORWARD_URLS: "http://127.0.0.1:9/events",
  FORWARD_SECRETS: `whsec_${btoa("a secret of thirty-two bytes, ok")}`,
};

const NARROW = { width: 360, height: 740 };

const LOOKS = [
  { colorScheme: "light", locale: "en-US", viewport: { width: 1280, height: 860 } },
  { colorScheme: "dark", locale: "zh-CN", viewport: NARROW },
] as const;

describe.skipIf(!hasChromium)(`accessibility${UNLESS_SKIPPED}`, () => {
  let target: Target;
  let browser: Browser;

  beforeAll(async () => {
    target = await startTarget(TELLS_NOBODY);
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await target?.stop();
  });

  test("the page of a receiver that nothing has come to has no serious fault in any look", async () => {
    for (const look of LOOKS) {
      const { page, close } = await visitSignedIn(browser, target, look);
      await screenshot(page, `empty-${look.colorScheme}-${look.viewport.width}-${look.locale}`);
      expect(await faultsOf(page)).toEqual([]);
      await close();
    }
    const media = [transcode("axe-5", "Running", "-"), transcode("axe-5", "Success", "2026-03-01T10:00:20+0800")];
    const others = [failed("axe-2"), transcode("axe-3", "Running", "-"), moderation("axe-4"), BROKEN];
    for (const body of [segmentation("axe-1"), ...others, ...media]) await target.post(body);
    await target.post(workflow("axe-run", "axe-run-job"));
    target.sql(`
      INSERT INTO expectations (job_id, registered_at, due_at, tag, changed, is_open, is_noted, asks, known_to_ci)
        VALUES ('axe-expected', 0, 1, 'Transcode', 2, 1, 1, 1, 0);
      INSERT INTO verdicts (job_id, delivery_id, asked_at, verified, asks)
        SELECT job_id, delivery_id, 0, 0, 1 FROM jobs WHERE job_id = 'axe-1'`);
  });

  for (const look of LOOKS) {
    const name = `${look.colorScheme}-${look.viewport.width}-${look.locale}`;

    test(`no page has a serious fault, nor one wider than the screen: ${name}`, async () => {
      const signedOut = await visit(browser, target, look);
      await signedOut.page.goto("/ui/sign-in");
      await screenshot(signedOut.page, `sign-in-${name}`);
      expect(await faultsOf(signedOut.page)).toEqual([]);
      await signedOut.close();

      const { page, close } = await visitSignedIn(browser, target, look);
      const found: Record<string, string[]> = {};
      for (const [title, path] of Object.entries(PAGES)) {
        await page.goto(path);
        await screenshot(page, `${title}-${name}`);
        const faults = await faultsOf(page);
        // The words of both languages have to fit on a narrow screen.
        await page.setViewportSize(NARROW);
        const narrowFaults = await overflowOf(page);
        await page.setViewportSize(look.viewport);
        if (faults.length + narrowFaults.length > 0) found[title] = [...faults, ...narrowFaults];
      }
      expect(found).toEqual({});
      await close();
    });
  }
});

type AnyPage = Awaited<ReturnType<typeof visit>>["page"];

/** What is asserted of is all that axe collects: the rest takes three quarters of its time. */
const OPTIONS: RunOptions = { resultTypes: ["violations"], preload: false };

async function faultsOf(page: AnyPage): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate<AxeResults["violations"]>(
    `axe.run(${JSON.stringify(OPTIONS)}).then(({ violations }) => violations)`,
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const faults = serious.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map((node) => node.html)
        .slice(0, 3)
        .join(" | ")}`,
  );
  return [...faults, ...(await overflowOf(page))];
}

async function overflowOf(page: AnyPage): Promise<string[]> {
  const pixels = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  return pixels > 0 ? [`wider than the screen by ${pixels} px`] : [];
}
