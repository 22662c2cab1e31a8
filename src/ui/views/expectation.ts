/** What did not come, and what CI says when it is asked: badges, a card on the page of a job, and pages of their own. */
import { html } from "hono/html";
import type { DeliverySource } from "../../store/store.ts";
import type { ListedJob } from "../../wire.ts";
import {
  badge,
  card,
  codeOf,
  curlCard,
  type Fact,
  facts,
  named,
  postButton,
  relativeTime,
  stateBadge,
  typeName,
  typeWithTag,
} from "./elements.ts";
import { layout, type Live } from "./layout.ts";
import { emptyNote } from "./live-list.ts";
import { labelledTabs, type Pager, pagerLinks } from "./pager.ts";
import { type Html, jobPath, segment, type View } from "../view.ts";

/** What a reader of a list has to know beside the state. */
export const alertBadges = (view: View, job: ListedJob): Html =>
  html`${overdueBadge(view, job)} ${job.verified === false && badge("bad", view.texts.asking.disputed)}
  ${sourceBadge(view, job.source)}`;

/** Of a job that a callback has told of; where nothing has, this is its state. */
const overdueBadge = ({ texts: { asking } }: View, { expectation, source }: ListedJob): Html | false =>
  expectation?.overdue === true && source !== "expectation" && badge("bad", asking.overdue);

/** The state of a job: one that nothing has told of is expected or overdue. */
export function jobState(view: View, { state, source, expectation }: ListedJob): Html {
  const { asking } = view.texts;
  if (source !== "expectation") return stateBadge(view, state);
  return expectation?.overdue === true ? badge("bad", asking.overdue) : badge("busy", asking.expected);
}

/** The same on the page of the job: it has room for what is as it should be, and tells of a dispute in a place of its own. */
export const askingBadges = (view: View, job: ListedJob): Html =>
  html`${overdueBadge(view, job)} ${sourceBadge(view, job.source)}
  ${job.verified === true && job.source === "callback" && badge("good", view.texts.asking.confirmed)}`;

/** Marks what is an answer of CI's. */
export const sourceBadge = ({ texts: { asking } }: View, source: ListedJob["source"] | DeliverySource): Html | false =>
  source === "reconcile" && badge("still", asking.answer, asking.answerHint);

/** Changes with what the badges say, for the script that merges rows. */
export const rowVersion = ({ delivery, expectation, verified }: ListedJob): string =>
  [delivery?.id, expectation?.overdue, verified].join(" ");

/** When a callback is due, whether CI knows the job, and a button to ask CI where that is possible. */
export function askingCard(view: View, job: ListedJob, canAsk: boolean): Html | false {
  const { asking } = view.texts;
  if (job.expectation === null && !canAsk) return false;
  return card(
    job.expectation === null ? asking.ask : asking.title,
    html`${job.expectation !== null && expectationFacts(view, job.expectation)}
    ${canAsk && postButton(`${jobPath(job.jobId)}/reconcile`, asking.askNow)}`,
  );
}

function expectationFacts(view: View, { registeredAt, dueAt, knownToCi }: NonNullable<ListedJob["expectation"]>): Html {
  const { asking } = view.texts;
  const rows: Fact[] = [
    [asking.announced, relativeTime(view, registeredAt)],
    [asking.due, relativeTime(view, dueAt)],
    [asking.atCi, knownToCi === false ? asking.unknownToCi : null],
  ];
  return facts(rows);
}

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
  const announced: Fact[] = [
    [texts.tag, typeWithTag(view, job.tag)],
    [texts.fields.bucket, job.bucket],
    [texts.region, job.region],
    [texts.queue, codeOf(job.queueId)],
    [texts.userData, codeOf(job.userData)],
  ];
  const body = html`<div id="job">
    <div class="head">
      <div>
        <p class="crumbs"><a href="/">${texts.jobs}</a>${job.tag !== null && html` · ${typeName(view, job)}`}</p>
        <h1>${named(job.jobId)}</h1>
        <p class="under">${jobState(view, job)}</p>
      </div>
    </div>
    ${wasAsked && askedNote(view)}
    <p class="lead">${isOverdue ? asking.overdueLeadOfJob : asking.expectedLead}</p>
    <div class="columns">
      <div class="matter">${askingCard(view, job, canAsk)}</div>
      <div class="margin">
        ${announced.some(([, value]) => value !== null) && card(texts.facts, facts(announced))}
        ${curlCard(view, `/jobs/${segment(job.jobId)}`)}
      </div>
    </div>
  </div>`;
  const says = `${job.jobId}: ${isOverdue ? asking.overdue : asking.expected}`;
  return layout(view, { title: job.jobId, body, says, section: "jobs", live });
}

/** The lists of jobs to look after; `chosen` is the one that is shown. */
export function askingTabs({ texts }: View, chosen: "overdue" | "disputed" | null): Html {
  return labelledTabs(texts.asking.lists, [
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
  const body = html`<div>
      <p class="crumbs"><a href="/">${texts.jobs}</a></p>
      <h1>${texts.asking.overdue}</h1>
    </div>
    ${askingTabs(view, "overdue")}
    <p class="lead">${texts.asking.overdueLead}</p>
    <ol class="jobs" id="jobs" aria-label="${texts.asking.overdue}">
      ${rows}
    </ol>
    ${rows.length === 0 && emptyNote(view, pager, texts.asking.noneOverdue)} ${pagerLinks(view, pager)}`;
  return layout(view, { title: texts.asking.overdue, body, section: "jobs", ...(live && { live }) });
}
