/** The pages about workflow runs: the list, and one run with its tasks. */
import { digestText } from "../../events/digest.ts";
import { findRun } from "../../lookup.ts";
import { idOf } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { PAGE_LIMIT_DEFAULT } from "../../api/queries.ts";
import { listedRun, runOf } from "../../wire.ts";
import { unknownRunPage } from "../views/job.ts";
import { pathWith } from "../views/pager.ts";
import { runPage } from "../views/run.ts";
import { runsPage } from "../views/runs.ts";
import { hasSeen, liveOf, newestDelivery, readerView } from "./page.ts";
import { pagerOf, readWalk } from "./trail.ts";
import { withVerdicts } from "./verdicts.ts";

export const runPages = new Routes();

runPages.get("/ui/runs", async (c) => {
  const { store } = c.var.places;
  const state = c.req.query("state")?.trim() || null;
  const view = await readerView(c);
  const list = `${store.name}:run-page:${state ?? ""}`;
  const walk = readWalk(list, c.req.query("cursor"));
  const live = walk.page === 1 ? liveOf(store, view, [await newestDelivery(store)]) : null;
  if (hasSeen(c, live)) return c.body(null, 304);
  const filter = state === null ? {} : { state };
  const found = await store.listRuns(filter, PAGE_LIMIT_DEFAULT, walk.trail.at(-1) ?? null);
  const pager = pagerOf(list, walk, found.next, (cursor) => pathWith("/ui/runs", { state, cursor }));
  return c.html(runsPage(view, { state, runs: found.items.map(listedRun), pager, live }));
});

runPages.get("/ui/runs/:runId", async (c) => {
  const runId = idOf(c, "runId");
  const { places } = c.var;
  const [view, found] = await Promise.all([readerView(c), findRun(places, runId)]);
  if (found === null) {
    const live = liveOf(places.store, view, ["unknown"]);
    return hasSeen(c, live) ? c.body(null, 304) : c.html(unknownRunPage(view, runId, live), 404);
  }
  const run = runOf(runId, found.run, found.jobs, view.now);
  const isOver = run.terminal && run.jobs.every(({ terminal }) => terminal);
  const versions = found.jobs.map(({ version }) => version);
  const live = isOver ? null : liveOf(places.store, view, [found.run?.rank ?? null, await digestText(versions.join())]);
  if (hasSeen(c, live)) return c.body(null, 304);
  const shown = await withVerdicts(places.store, found.jobs, view.now);
  const verdicts = new Map(
    shown.flatMap(({ job, verdict }) => (verdict === undefined ? [] : [[job.jobId, verdict] as const])),
  );
  return c.html(runPage(view, run, verdicts, live));
});
