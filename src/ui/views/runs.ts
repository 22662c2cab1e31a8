/** The workflow runs whose end was told, newest first. */
import { html } from "hono/html";
import type { ListedRun } from "../../wire.ts";
import { named, shortTime, stateBadge, stateName } from "./elements.ts";
import { layout, type Live } from "./layout.ts";
import { liveList, rowMarks } from "./live-list.ts";
import { didYouMean, noMatch } from "./no-match.ts";
import { filterTabs, type Pager, pathWith } from "./pager.ts";
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
  const body = html`<h1>${texts.runs}</h1>
    ${filterTabs(view, "/ui/runs", "state", texts.state, states, state, (value) => stateName(view, value))}
    <p class="lead">${texts.runsLead}</p>
    ${liveList(view, {
      id: "runs",
      className: "jobs runs",
      label: texts.runs,
      rows: runs.map((run) => runRow(view, run)),
      none: state === null ? texts.noRuns : noRuns(view, state),
      pager,
    })}`;
  return layout(view, { title: texts.runs, body, section: "runs", ...(live && { live }) });
}

function noRuns(view: View, state: string): Html {
  const { texts } = view;
  const said = texts.filterIs(texts.state, stateName(view, state));
  return html`${noMatch(view, texts.noRunMatch, [said])}
  ${didYouMean(view, texts.states, state, (meant) => pathWith("/ui/runs", { state: meant }))}`;
}

function runRow(view: View, run: ListedRun): Html {
  const { texts } = view;
  return html`<li ${rowMarks(run.runId, Date.parse(run.receivedAt))}>
    <span class="job-state">${stateBadge(view, run.state)}</span>
    <span class="job-name"
      ><a href="${runPath(run.runId)}">${named(run.workflowName ?? run.workflowId ?? run.runId)}</a></span
    >
    <span class="job-tag">${run.object === null ? texts.noObject : named(run.object)}</span>
    <span class="job-id">${named(run.runId)}${run.bucket && html` · ${named(run.bucket)}`}</span>
    <span class="job-when"><span class="hidden">${texts.received}: </span>${shortTime(view, run.receivedAt)}</span>
  </li>`;
}
