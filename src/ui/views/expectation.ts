/** What did not come, and what CI says when it is asked: badges, a card on the page of a job, and pages of their own. */
import { html } from "hono/html";
import type { DeliverySource } from "../../store/store.ts";
import type { ListedJob } from "../../wire.ts";
import { copyable, curlOf, exactTime, type Fact, facts, relativeTime, stateBadge } from "./elements.ts";
import { layout, type Live } from "./layout.ts";
import { type Pager, pagerLinks, tabs } from "./pager.ts";
import { type Html, jobPath, segment, type View } from "../view.ts";

const badge = (tone: string, text: string, title = ""): Html =>
  html`<span class="badge" data-tone="${tone}" title="${title}"><span>${text}</span></span>`;

/** What a reader of a list has to know beside the state. */
export function alertBadges({ texts: { asking } }: View, { expectation, verified, source }: ListedJob): Html {
  return html`${expectation?.overdue === true && badge("bad", asking.overdue)}
  ${verified === false && badge("bad", asking.disputed)}
  ${source === "reconcile" && badge("still", asking.answer, asking.answerHint)}`;
}

/** The state of a job in a list. */
export const rowState = (view: View, { state, source }: ListedJob): Html =>
  source === "expectation" ? badge("still", view.texts.asking.expected) : stateBadge(view, state);

/** The same on the page of the job, where there is room for what is as it should be. */
export const askingBadges = (view: View, job: ListedJob): Html =>
  html`${alertBadges(view, job)}
  ${job.verified === true && job.source === "callback" && badge("good", view.texts.asking.confirmed)}`;

/** Marks a delivery that is an answer of CI's. */
export const sourceBadge = ({ texts: { asking } }: View, source: DeliverySource): Html | false =>
  source === "reconcile" && badge("still", asking.answer, asking.answerHint);

/** Changes with what the badges say, for the script that merges rows. */
export const rowVersion = ({ delivery, expectation, verified }: ListedJob): string =>
  [delivery?.id, expectation?.overdue, verified].join(" ");

/** When a callback is due, whether CI knows the job, and a button to ask CI where that is possible. */
export function askingCard(view: View, job: ListedJob, canAsk: boolean): Html | false {
  const { asking } = view.texts;
  if (job.expectation === null && !canAsk) return false;
  return html`<section class="card">
    <h2>${job.expectation === null ? asking.atCi : asking.title}</h2>
    ${job.expectation !== null && expectationFacts(view, job.expectation)} ${canAsk && askForm(view, job.jobId)}
  </section>`;
}

function expectationFacts(view: View, { registeredAt, dueAt, knownToCi }: NonNullable<ListedJob["expectation"]>): Html {
  const { asking } = view.texts;
  const rows: Fact[] = [
    [asking.announced, relativeTime(view, registeredAt)],
    [asking.due, html`${relativeTime(view, dueAt)} <span class="note">${exactTime(dueAt)}</span>`],
    [asking.atCi, knownToCi === false ? asking.unknownToCi : null],
  ];
  return facts(rows);
}

const askForm = ({ texts: { asking } }: View, jobId: string): Html =>
  html`<form method="post" action="${jobPath(jobId)}/reconcile"><button>${asking.askNow}</button></form>`;

/** What has to stand above everything else that is said of a job. */
export const disputedHint = ({ texts: { asking } }: View, { verified }: ListedJob): Html | false =>
  verified === false &&
  html`<div class="alert" role="alert">
    <h2>${asking.disputed}</h2>
    <p>${asking.disputedHint}</p>
  </div>`;

export const askedNote = ({ texts: { asking } }: View): Html =>
  html`<p class="success" role="status">${asking.asked}</p>`;

export interface Expected {
  job: ListedJob;
  canAsk: boolean;
  wasAsked: boolean;
  live: Live;
}

/** A job that was announced and that nothing has told of. */
export function expectedJobPage(view: View, { job, canAsk, wasAsked, live }: Expected): Html {
  const { texts } = view;
  const { asking } = texts;
  const isOverdue = job.expectation?.overdue === true;
  const title = isOverdue ? asking.overdueTitle : asking.expectedTitle;
  const announced: Fact[] = [
    [texts.tag, job.tag],
    [texts.fields.bucket, job.bucket],
    [texts.region, job.region],
    [texts.queue, job.queueId],
    [texts.userData, job.userData],
  ];
  const body = html`<div id="job" data-live="replace">
    <div class="head">
      <div>
        <p class="crumbs"><a href="/">${texts.jobs}</a></p>
        <h1>${title}</h1>
        <p class="under">${alertBadges(view, job)} <code>${job.jobId}</code></p>
      </div>
    </div>
    ${wasAsked && askedNote(view)}
    <p class="lead">${isOverdue ? asking.overdueLeadOfJob : asking.expectedLead}</p>
    <p class="waiting">${texts.waiting}</p>
    <div class="columns">
      <div class="matter">${askingCard(view, job, canAsk)}</div>
      <div class="margin">
        ${
          announced.some(([, value]) => value !== null) &&
          html`<section class="card">
            <h2>${texts.facts}</h2>
            ${facts(announced)}
          </section>`
        }
        <section class="card">
          <h2>${texts.askAgain}</h2>
          ${copyable(view, "curl", curlOf(view.origin, `/jobs/${segment(job.jobId)}`), texts.askAgain)}
        </section>
      </div>
    </div>
  </div>`;
  return layout(view, { title, body, section: "jobs", live });
}

/** The lists of jobs to look after; `chosen` is the one that is shown, with the way back to all jobs. */
export function askingTabs({ texts }: View, chosen: "overdue" | "disputed" | null): Html {
  return tabs(texts.asking.lists, [
    ...(chosen === null ? [] : [{ href: "/", text: texts.all, isChosen: false }]),
    { href: "/ui/overdue", text: texts.asking.overdue, isChosen: chosen === "overdue" },
    { href: "/?verified=false", text: texts.asking.disputed, isChosen: chosen === "disputed" },
  ]);
}

/** A value of the filter by what CI said, in words. */
export const verdictText = ({ texts: { asking } }: View, verified: string): string =>
  verified === "true" ? asking.confirmed : asking.disputed;

/** The filter itself. */
export function verifiedChoice(view: View, chosen: string | undefined): Html {
  const option = (value: string, text: string) =>
    html`<option value="${value}" ${value === (chosen ?? "") && "selected"}>${text}</option>`;
  return html`<select id="filter-verified" name="verified">
    ${option("", view.texts.all)}${["true", "false"].map((value) => option(value, verdictText(view, value)))}
  </select>`;
}

export interface OverdueList {
  rows: readonly Html[];
  pager: Pager;
  live: Live | null;
}

/** The overdue jobs, as rows of the list of jobs. */
export function overduePage(view: View, { rows, pager, live }: OverdueList): Html {
  const { texts } = view;
  const none = pager.next === null ? texts.asking.noneOverdue : texts.noneOnThisPage;
  const body = html`<div class="head"><h1>${texts.asking.overdue}</h1></div>
    ${askingTabs(view, "overdue")}
    <p class="lead">${texts.asking.overdueLead}</p>
    <ol class="jobs" id="jobs" data-live="replace" aria-label="${texts.asking.overdue}">
      ${rows}
    </ol>
    <div id="empty" data-live="replace">${rows.length === 0 && html`<p class="none">${none}</p>`}</div>
    ${pagerLinks(view, pager)}`;
  return layout(view, { title: texts.asking.overdue, body, section: "jobs", ...(live && { live }) });
}
