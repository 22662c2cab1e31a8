/** The workflow runs whose end was told, newest first. */
import { html } from "hono/html";
import type { ListedRun } from "../../wire.ts";
import { relativeTime, stateBadge, stateName } from "./elements.ts";
import { layout, type Live } from "./layout.ts";
import { type Pager, pagerLinks, pathWith, tabs } from "./pager.ts";
import { type Html, runPath, type View } from "../view.ts";

export interface Runs {
  state: string | null;
  runs: readonly ListedRun[];
  pager: Pager;
  live: Live | null;
}

/** States that a run ends in; another one can be asked for in the address. */
const END_STATES = ["Success", "Failed", "Cancel"];

export function runsPage(view: View, { state, runs, pager, live }: Runs): Html {
  const { texts } = view;
  const states = state === null || END_STATES.includes(state) ? END_STATES : [...END_STATES, state];
  const links = [null, ...states].map((value) => ({
    href: pathWith("/ui/runs", { state: value }),
    text: value === null ? texts.all : stateName(view, value),
    isChosen: value === state,
  }));
  const none = pager.next === null ? texts.noRuns : texts.noneOnThisPage;
  const body = html`<div class="head"><h1>${texts.runs}</h1></div>
    <p class="lead">${texts.runsLead}</p>
    ${tabs(texts.state, links)}
    <ol class="jobs runs" id="runs" data-live="replace" aria-label="${texts.runs}">
      ${runs.map((run) => runRow(view, run))}
    </ol>
    <div id="none" data-live="replace">${runs.length === 0 && html`<p class="none">${none}</p>`}</div>
    ${pagerLinks(view, pager)}`;
  return layout(view, { title: texts.runs, body, section: "runs", ...(live && { live }) });
}

function runRow(view: View, run: ListedRun): Html {
  const { texts } = view;
  return html`<li>
    <span class="job-state">${stateBadge(view, run.state)}</span>
    <span class="job-name"
      ><a href="${runPath(run.runId)}"><bdi>${run.workflowName ?? run.workflowId ?? run.runId}</bdi></a></span
    >
    <span class="job-tag">${run.object === null ? texts.noObject : html`<bdi>${run.object}</bdi>`}</span>
    <span class="job-id"><bdi>${run.runId}</bdi>${run.bucket && html` · <bdi>${run.bucket}</bdi>`}</span>
    <span class="job-when"><span class="hidden">${texts.received}: </span>${relativeTime(view, run.receivedAt)}</span>
  </li>`;
}
