/**
 * axe-core on every page, light and wide, then dark and narrow; and the width of every page in both languages on a narrow
 * screen: nothing serious or critical, and nothing wider than the screen.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Page } from "playwright-core";
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

const WIDE = { width: 1280, height: 860 };

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

  const fill = async () => {
    const media = [transcode("axe-5", "Running", "-"), transcode("axe-5", "Success", "2026-03-01T10:00:20+0800")];
    const others = [failed("axe-2"), transcode("axe-3", "Running", "-"), moderation("axe-4"), BROKEN];
    for (const body of [segmentation("axe-1"), ...others, ...media]) await target.post(body);
    await target.post(workflow("axe-run", "axe-run-job"));
    await target.sql(`
      INSERT INTO expectations (job_id, registered_at, due_at, tag, changed, is_open, is_noted, asks, known_to_ci)
        VALUES ('axe-expected', 0, 1, 'Transcode', 2, 1, 1, 1, 0);
      INSERT INTO verdicts (job_id, delivery_id, asked_at, verified, asks)
        SELECT job_id, delivery_id, 0, 0, 1 FROM jobs WHERE job_id = 'axe-1'`);
  };

  test("no page has a serious fault, in light or dark, nor is one wider than the screen, in English or Chinese", async () => {
    const signedOut = await visit(browser, target);
    const signedIn = await visitSignedIn(browser, target);
    const chinese = await visitSignedIn(browser, target, { viewport: NARROW, locale: "zh-CN" });
    const found: Record<string, string[]> = {};
    const look = async (title: string, path: string, { page } = signedIn) => {
      await page.goto(path);
      const faults = [...(await faultsOf(page, title)), ...(await faultsInChinese(chinese.page, title, path))];
      if (faults.length > 0) found[title] = faults;
    };
    await look("sign-in", "/ui/sign-in", signedOut);
    await look("empty", "/");
    await fill();
    for (const [title, path] of Object.entries(PAGES)) await look(title, path);
    expect(found).toEqual({});
  });
});

/** All rules in one look. A look changes colours and layout, never the elements: in the other one those rules suffice that are about them. */
async function faultsOf(page: Page, title: string): Promise<string[]> {
  await page.evaluate(AXE);
  await setLook(page, "light", WIDE);
  await screenshot(page, `${title}-light`);
  const faults = [...(await violationsOn(page)), ...(await overflowOf(page))];
  await setLook(page, "dark", NARROW);
  await screenshot(page, `${title}-dark-narrow`);
  return [...faults, ...(await violationsOn(page, OF_LOOKS)), ...(await overflowOf(page))];
}

/** The page in Chinese has the same elements, so what is left to see is that it says so and that its words fit. */
async function faultsInChinese(page: Page, title: string, path: string): Promise<string[]> {
  await page.goto(path);
  await screenshot(page, `${title}-zh-narrow`);
  const language = await page.locator("html").getAttribute("lang");
  return [...(language === "zh-Hans" ? [] : [`lang is ${language}`]), ...(await overflowOf(page))];
}

async function setLook(page: Page, colorScheme: "light" | "dark", viewport: typeof WIDE): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
}

/** What is asserted of is all that axe collects: the rest takes three quarters of its time. */
const OPTIONS: RunOptions = { resultTypes: ["violations"], preload: false };

/** The rules of serious faults that depend on colours and on what has room. */
const OF_LOOKS: RunOptions = { runOnly: ["color-contrast", "link-in-text-block", "scrollable-region-focusable"] };

async function violationsOn(page: Page, options: RunOptions = {}): Promise<string[]> {
  const violations = await page.evaluate<AxeResults["violations"]>(
    `axe.run(${JSON.stringify({ ...OPTIONS, ...options })}).then(({ violations }) => violations)`,
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => {
    const elements = nodes.slice(0, 3).map((node) => node.html);
    return `${id}: ${elements.join(" | ")}`;
  });
}

async function overflowOf(page: Page): Promise<string[]> {
  const pixels = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  return pixels > 0 ? [`wider than the screen by ${pixels} px`] : [];
}
