/** What a search found, of every kind, where it is not one thing. Of what nothing has, a page that waits for it. */
import { html } from "hono/html";
import type { ListedDelivery } from "../../store/store.ts";
import { idLink, named } from "./elements.ts";
import { listPath } from "./home.ts";
import { jobRow, type ShownJob } from "./job-row.ts";
import { layout } from "./layout.ts";
import { deliveryPath, type Html, jobPath, runPath, type View } from "../view.ts";

/** Jobs that were found by something of theirs. */
export interface Finding {
  by: "object" | "prefix" | "userData";
  jobs: readonly ShownJob[];
}

export interface Search {
  text: string;
  /** What has the text as its id. */
  job: ShownJob | null;
  runId: string | null;
  delivery: ListedDelivery | null;
  findings: readonly Finding[];
  /** Whether jobs can be announced here: those are found by their ids alone. */
  hasExpectations: boolean;
}

/** Jobs shown of each kind of finding. */
export const JOBS_FOUND = 5;

export function searchPage(view: View, { text, job, runId, delivery, findings, hasExpectations }: Search): Html {
  const { texts } = view;
  const words = texts.search;
  const found = findings.filter(({ jobs }) => jobs.length > 0);
  const isNothing = job === null && runId === null && delivery === null && found.length === 0;
  const title = isNothing ? words.nothing : words.title;
  const body = html`<h1>${title}</h1>
    <p class="lead">${named(text)}</p>
    ${isNothing && html`<p class="lead">${words.nothingLead}${hasExpectations && ` ${words.expectedById}`}</p>`}
    ${job !== null && jobsFound(view, words.byId, [job], null)}
    ${
      (runId !== null || delivery !== null) &&
      html`<ul class="plain">
        ${runId !== null && html`<li>${texts.run}: ${idLink(runPath(runId), runId)}</li>`}
        ${delivery !== null && html`<li>${texts.delivery}: ${idLink(deliveryPath(delivery.id), delivery.id)}</li>`}
      </ul>`
    }
    ${found.map(({ by, jobs }) => jobsFound(view, words[by], jobs, restOf(view, text, by, jobs.length)))}
    ${isNothing && html`<p><a href="${jobPath(text)}">${words.wait}</a></p>`}`;
  return layout(view, { title, body, section: "jobs" });
}

/** Where the others are, if there may be some: a list of objects that begin so is not there. */
function restOf({ texts: { search } }: View, text: string, by: Finding["by"], shown: number): Html | null {
  if (shown < JOBS_FOUND) return null;
  return by === "prefix"
    ? html`<p class="hint">${search.prefixCut(shown)}</p>`
    : html`<p><a href="${listPath({ [by]: text })}">${search.all}</a></p>`;
}

const jobsFound = (view: View, title: string, jobs: readonly ShownJob[], rest: Html | null): Html =>
  html`<section class="found">
    <h2>${title}</h2>
    <ol class="jobs" aria-label="${title}">
      ${jobs.map((job) => jobRow(view, job))}
    </ol>
    ${rest}
  </section>`;
