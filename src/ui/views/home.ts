/** The newest jobs: a list that keeps itself up to date, its states counted, filters in the address. */
import { html } from "hono/html";
import type { ListedJob } from "../../wire.ts";
import { between, durationText, relativeTime, stateName, typeName } from "./elements.ts";
import { alertBadges, askingTabs, rowState, rowVersion, verdictText, verifiedChoice } from "./expectation.ts";
import { layout, type Live } from "./layout.ts";
import { type Pager, pagerLinks, pathWith } from "./pager.ts";
import { setUp } from "./set-up.ts";
import { JOB_FILTERS, type JobFilterName } from "../../store/store.ts";
import { type Html, jobPath, type View } from "../view.ts";

/** Filters as they stand in the address, as the API has them. */
export type Filters = Partial<Record<JobFilterName, string>>;

export interface Home {
  filters: Filters;
  /** Names of the filters that the store in use has. */
  filterable: readonly JobFilterName[];
  jobs: readonly ListedJob[];
  /** Of the newest jobs that the other filters let through; null on later pages. */
  counts: { states: ReadonlyMap<string | null, number>; jobs: number; isAll: boolean } | null;
  pager: Pager;
  /** What is wrong with the filters, or null. */
  fault: string | null;
  /** Whether the lists of overdue and disputed jobs are offered. */
  withAsking: boolean;
  live: Live | null;
}

export function homePage(view: View, home: Home): Html {
  const { texts } = view;
  const { filters, jobs, fault, live } = home;
  const isFiltered = Object.keys(filters).length > 0;
  const isEmpty = jobs.length === 0 && !isFiltered && fault === null && home.pager.pageNumber === 1;
  const body = html`<div class="head">
      <h1>${texts.jobs}</h1>
      ${findForm(view)}
    </div>
    ${fault !== null && html`<p class="alert" role="alert">${fault}</p>`}
    <div id="states" data-live="replace">
      ${home.counts !== null && !isEmpty && stateLinks(view, home, home.counts)}
    </div>
    ${home.withAsking && askingTabs(view, filters.verified === "false" ? "disputed" : null)}
    ${!isEmpty && filterForm(view, home)}
    <button
      type="button"
      class="news"
      id="news"
      hidden
      data-one="${texts.newJobs.one}"
      data-many="${texts.newJobs.many}"
    ></button>
    <ol class="jobs" id="jobs" data-live="list" data-news="news" aria-label="${texts.jobs}">
      ${jobs.map((job) => jobRow(view, job))}
    </ol>
    <div id="empty" data-live="replace">
      ${
        isEmpty &&
        html`<div class="empty">
          <h2>${texts.emptyTitle}</h2>
          <p class="lead">${texts.emptyLead}</p>
          ${setUp(view)}
        </div>`
      }
      ${jobs.length === 0 && !isEmpty && fault === null && html`<p class="none">${texts.noMatch}</p>`}
    </div>
    ${pagerLinks(view, home.pager)}
    ${
      !isEmpty &&
      html`<details class="later">
        <summary>${texts.setUp}</summary>
        ${setUp(view)}
      </details>`
    }`;
  return layout(view, { title: texts.product, body, section: "jobs", ...(live && { live }) });
}

/** `data-key` names the row and `data-version` changes when it does, for the script that merges rows. */
export function jobRow(view: View, job: ListedJob): Html {
  const { texts } = view;
  const took = between(job.startedAt ?? job.createdAt, job.endedAt);
  return html`<li data-key="${job.jobId}" data-version="${rowVersion(job)}">
    <span class="job-state">${rowState(view, job)}</span>
    <span class="job-name"
      ><a href="${jobPath(job.jobId)}"><bdi>${job.object || job.jobId}</bdi></a></span
    >
    <span class="job-tag" title="${job.tag ?? job.event ?? ""}">${typeName(view, job) ?? texts.none}</span>
    <span class="job-id"
      >${alertBadges(view, job)} <bdi>${job.jobId}</bdi>${job.bucket && html` · <bdi>${job.bucket}</bdi>`}</span
    >
    <span class="job-took"
      ><span class="hidden">${texts.took}: </span>${took === null ? texts.none : durationText(view, took)}</span
    >
    <span class="job-when"
      ><span class="hidden">${texts.received}: </span
      >${relativeTime(view, job.delivery?.receivedAt ?? job.firstReceivedAt)}</span
    >
  </li>`;
}

const findForm = ({ texts }: View): Html =>
  html`<form class="find" role="search" action="/ui/find">
    <label class="hidden" for="find">${texts.findLabel}</label>
    <input
      id="find"
      name="id"
      type="search"
      required
      placeholder="${texts.findPlaceholder}"
      autocapitalize="off"
      autocomplete="off"
      spellcheck="false"
    />
    <button>${texts.find}</button>
  </form>`;

/** The address of the list with these filters; empty ones are left out. */
export function listPath(filters: Filters & { cursor?: string }): string {
  return pathWith("/", filters);
}

function stateLinks(
  view: View,
  { filters, filterable }: Home,
  { states, jobs, isAll }: NonNullable<Home["counts"]>,
): Html {
  const { texts } = view;
  const { state: chosen, ...others } = filters;
  const rows = [...states].toSorted(([, a], [, b]) => b - a);
  if (chosen !== undefined && !states.has(chosen)) rows.push([chosen, 0]);
  const link = (state: string | null, count: number) =>
    state === null || !filterable.includes("state")
      ? html`<span>${counted(stateName(view, state), count)}</span>`
      : html`<a href="${listPath({ ...others, state })}" ${state === chosen && html`aria-current="true"`}
          >${counted(stateName(view, state), count)}</a
        >`;
  return html`<nav class="states" aria-label="${texts.statesLabel}">
    <a href="${listPath(others)}" ${chosen === undefined && html`aria-current="true"`}>${texts.all}</a>
    ${rows.map(([state, count]) => link(state, count))}
    <span class="hint">${texts.countedOf(jobs, isAll)}</span>
  </nav>`;
}

const counted = (text: string, count: number): Html => html`${text} <span class="count">${count}</span>`;

function filterForm(view: View, { filters, filterable }: Home): Html {
  const { texts } = view;
  const active = JOB_FILTERS.flatMap((name) => (filters[name] === undefined ? [] : [{ name, value: filters[name] }]));
  const removal = ({ name, value }: { name: keyof Filters; value: string }) => {
    const { [name]: _, ...others } = filters;
    return html`<a class="pill" href="${listPath(others)}"
      ><span class="hidden">${texts.removeFilter}: </span>${texts.fields[name]}:
      <bdi>${name === "verified" ? verdictText(view, value) : value}</bdi> <span aria-hidden="true">×</span></a
    >`;
  };
  return html`<details class="filters" ${active.length > 0 && "open"}>
    <summary>${texts.filters}</summary>
    <form action="/" class="grid">
      ${filterable.map(
        (name) =>
          html`<div>
            <label for="filter-${name}">${texts.fields[name]}</label>
            ${
              name === "verified"
                ? verifiedChoice(view, filters[name])
                : html`<input
                    id="filter-${name}"
                    name="${name}"
                    value="${filters[name] ?? ""}"
                    ${name.startsWith("received") && html`type="${dateInputType(filters[name])}"`}
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck="false"
                  />`
            }
          </div>`,
      )}
      <div class="actions">
        <button class="primary">${texts.applyFilters}</button
        >${active.length > 0 && html`<a href="/">${texts.clearFilters}</a>`}
      </div>
    </form>
    ${active.length > 0 && html`<p class="pills">${active.map(removal)}</p>`}
  </details>`;
}

/** The API takes times as well as dates; a time that came in the address has to stand in the field as it is. */
const dateInputType = (value: string | undefined): "date" | "text" =>
  value === undefined || /^\d{4}-\d\d-\d\d$/.test(value) ? "date" : "text";
