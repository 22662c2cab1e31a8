/** The newest jobs: a list that keeps itself up to date, its states counted, filters in the address. */
import { html } from "hono/html";
import { named, stateName, typeName } from "./elements.ts";
import { didYouMean, noMatch } from "./no-match.ts";
import { askingTabs, verdictText, verifiedChoice } from "./expectation.ts";
import { jobRow, type ShownJob } from "./job-row.ts";
import { layout, type Live } from "./layout.ts";
import { liveList } from "./live-list.ts";
import { type Pager, pathWith } from "./pager.ts";
import { setUp } from "./set-up.ts";
import { JOB_FILTERS, type JobFilterName } from "../../store/lists.ts";
import type { Html, View } from "../view.ts";

/** Filters as they stand in the address, as the API has them. */
export type Filters = Partial<Record<JobFilterName, string>>;

export interface Home {
  filters: Filters;
  /** Names of the filters that the store in use has. */
  filterable: readonly JobFilterName[];
  jobs: readonly ShownJob[];
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
  const { filters, jobs, counts, fault, live } = home;
  // Of no jobs there are no states to choose from.
  const states = counts !== null && counts.jobs > 0 ? counts : null;
  const isFiltered = Object.keys(filters).length > 0;
  const isEmpty = jobs.length === 0 && !isFiltered && fault === null && home.pager.pageNumber === 1;
  const body = html`<h1>${texts.jobs}</h1>
    ${fault !== null && html`<p class="alert" role="alert">${fault}</p>`}
    ${states !== null && stateLinks(view, home, states)}
    ${home.withAsking && askingTabs(view, filters.verified === "false" ? "disputed" : null)}
    ${!isEmpty && filterForm(view, home, states !== null)}
    ${liveList(view, {
      id: "jobs",
      className: "jobs",
      label: texts.jobs,
      rows: jobs.map((job) => jobRow(view, job)),
      none: jobs.length > 0 || isEmpty || fault !== null ? null : noJobs(view, home),
      pager: home.pager,
    })}
    ${
      isEmpty &&
      html`<div class="empty">
        <h2>${texts.emptyTitle}</h2>
        <p class="lead">${texts.emptyLead}</p>
        ${setUp(view)}
      </div>`
    }
    ${
      !isEmpty &&
      html`<details class="later" id="set-up">
        <summary>${texts.setUp}</summary>
        ${setUp(view)}
      </details>`
    }`;
  return layout(view, { title: texts.product, body, section: "jobs", ...(live && { live }) });
}

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
  return html`<nav class="states" id="states" aria-label="${texts.statesLabel}">
    <a href="${listPath(others)}" ${chosen === undefined && html`aria-current="true"`}>${texts.all}</a>
    ${rows.map(([state, count]) => link(state, count))}
    <span class="hint">${texts.countedOf(jobs, isAll)}</span>
  </nav>`;
}

const counted = (text: string, count: number): Html => html`${text} <span class="count">${count}</span>`;

/** Filters in the order of the form, each with its value. */
const activeOf = (filters: Filters): { name: JobFilterName; value: string }[] =>
  JOB_FILTERS.flatMap((name) => (filters[name] === undefined ? [] : [{ name, value: filters[name] }]));

/** Names the filters that let nothing through, and what may have been meant by a state or a type that is not known. */
function noJobs(view: View, { filters }: Home): Html {
  const { texts } = view;
  const said = activeOf(filters).map(({ name, value }) =>
    texts.filterIs(texts.fields[name], shownValue(view, name, value)),
  );
  return html`${noMatch(view, texts.noMatch, said)}
  ${didYouMean(view, texts.states, filters.state, (state) => listPath({ ...filters, state }))}
  ${didYouMean(view, texts.jobTypes, filters.tag, (tag) => listPath({ ...filters, tag }))}`;
}

/**
 * The form is folded; what is filtered by stands under it as chips, each of which takes one filter away. The state has
 * none where it is chosen among the states above.
 */
function filterForm(view: View, { filters, filterable }: Home, hasStates: boolean): Html {
  const { texts } = view;
  const active = activeOf(filters).filter(({ name }) => name !== "state" || !hasStates);
  return html`<div class="filters">
    <details id="filters">
      <summary>${texts.filters}</summary>
      <form action="/" class="grid">
        ${filterable.map((name) => filterField(view, name, filters[name]))}
        <div class="actions"><button class="primary">${texts.applyFilters}</button></div>
      </form>
    </details>
    ${
      active.length > 0 &&
      html`<p class="pills">
        ${active.map(({ name, value }) => filterChip(view, filters, name, value))}
        <a href="/">${texts.clearFilters}</a>
      </p>`
    }
  </div>`;
}

const filterField = (view: View, name: JobFilterName, value: string | undefined): Html =>
  html`<div>
    <label for="filter-${name}">${view.texts.fields[name]}</label>
    ${name === "verified" ? verifiedChoice(view, value) : filterInput(view, name, value)}
  </div>`;

const filterInput = ({ texts }: View, name: JobFilterName, value: string | undefined): Html =>
  html`<input
      id="filter-${name}"
      name="${name}"
      value="${value ?? ""}"
      ${name.startsWith("received") && html`type="${dateInputType(value)}"`}
      ${name === "tag" && html`list="types"`}
      autocapitalize="off"
      autocomplete="off"
      spellcheck="false"
    />
    ${
      name === "tag" &&
      html`<datalist id="types">
        ${Object.entries(texts.jobTypes).map(([code, label]) => html`<option value="${code}">${label}</option>`)}
      </datalist>`
    }`;

function filterChip(view: View, filters: Filters, name: JobFilterName, value: string): Html {
  const { texts } = view;
  const { [name]: _, ...others } = filters;
  return html`<a class="pill" href="${listPath(others)}"
    ><span class="hidden">${texts.removeFilter}${texts.colon}</span
    >${texts.fields[name]}${texts.colon}${named(shownValue(view, name, value))} <span aria-hidden="true">×</span></a
  >`;
}

/** The value of a filter in words, where it has some. */
function shownValue(view: View, name: JobFilterName, value: string): string {
  if (name === "state") return stateName(view, value);
  if (name === "tag") return typeName(view, { tag: value }) ?? value;
  return name === "verified" ? verdictText(view, value) : value;
}

/** The API takes times as well as dates; a time that came in the address has to stand in the field as it is. */
const dateInputType = (value: string | undefined): "date" | "text" =>
  value === undefined || /^\d{4}-\d\d-\d\d$/.test(value) ? "date" : "text";
