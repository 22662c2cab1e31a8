/** Events: what the user's system was told, what each endpoint answered, and a button to tell it again. */
import { html } from "hono/html";
import { EVENT_STATUSES, type EventStatus, SUBJECT_NAMES } from "../../events/events.ts";
import type { OutboxEvent } from "../../store/outbox.ts";
import { timeOf } from "../../wire.ts";
import { badge, card, idLink, named, postButton, relativeTime } from "./elements.ts";
import { layout, type Live } from "./layout.ts";
import { liveList, rowMarks } from "./live-list.ts";
import { filterTabs, type Pager } from "./pager.ts";
import { deliveryPath, type Html, jobPath, runPath, type View } from "../view.ts";

/** An event with the host of its endpoint; null where that was removed. */
export interface ShownEvent {
  event: OutboxEvent;
  host: string | null;
}

export interface Events {
  status: EventStatus | null;
  events: readonly ShownEvent[];
  pager: Pager;
  /** False where nobody can be told: then there is nothing to send again. */
  canSend: boolean;
  /** What sending failed events again has come to, just now. */
  resent: { count: number; left: number } | null;
  live: Live | null;
}

export function eventsPage(view: View, { status, events, pager, canSend, resent, live }: Events): Html {
  const { texts } = view;
  const words = texts.events;
  const body = html`<div class="head">
      <h1>${words.title}</h1>
      ${canSend && status === "failed" && events.length > 0 && postButton("/ui/events/resend", words.resendFailed)}
    </div>
    ${resent !== null && html`<p class="success" role="status">${words.resent(resent.count, resent.left)}</p>`}
    ${!canSend && html`<p class="alert">${words.off}</p>`}
    ${filterTabs(view, "/ui/events", "status", texts.status, EVENT_STATUSES, status, (value) => words.statuses[value])}
    <p class="lead">${status === null ? words.lead : words.hints[status]}</p>
    ${liveList(view, {
      id: "events",
      className: "deliveries",
      label: words.title,
      rows: events.map(
        (shown) =>
          html`<li class="card" ${rowMarks(shown.event.id, shown.event.createdAt)}>
            ${eventRow(view, shown, canSend)}
          </li>`,
      ),
      none: words.none,
      pager,
    })}`;
  return layout(view, { title: words.title, body, section: "events", ...(live && { live }) });
}

/** What was told of a job, and to whom. */
export const eventsCard = (view: View, events: readonly ShownEvent[], canSend: boolean): Html | false =>
  events.length > 0 &&
  card(
    view.texts.events.ofJob,
    html`<ol class="rows">
      ${events.map((shown) => html`<li>${eventRow(view, shown, canSend, false)}</li>`)}
    </ol>`,
    "told",
  );

const TONES = { pending: "busy", failed: "bad", delivered: "good" } as const;

function eventRow(view: View, { event, host }: ShownEvent, canSend: boolean, withSubject = true): Html {
  const words = view.texts.events;
  const { type, status, attempts, createdAt, dueAt } = event;
  const answer = answerText(view, event);
  return html`<div class="head">
    <div>
      <p class="entry">
        ${badge(TONES[status], words.statuses[status])} <code>${type}</code> ${withSubject && subjectLink(event)}
        <span class="note">${relativeTime(view, timeOf(createdAt))}</span>
      </p>
      <p class="note">
        <span class="hidden">${words.endpoint}: </span>${host ?? words.endpointGone} ·
        ${words.attempts(attempts)}${answer !== null && html` · <span>${answer}</span>`}${dueAt !== null && html` · ${dueText(view, dueAt)}`}
      </p>
    </div>
    ${canSend && host !== null && resendForm(view, event)}
  </div>`;
}

/** When the next attempt is made. One whose time has come waits for the cron, or is under way. */
const dueText = (view: View, dueAt: number): Html | string =>
  dueAt <= view.now ? view.texts.events.due : html`${view.texts.events.next} ${relativeTime(view, timeOf(dueAt))}`;

/** What the last attempt was answered with: `HTTP 500`, or why there was no answer. */
function answerText({ texts: { events } }: View, { lastStatus, lastError }: OutboxEvent): string | null {
  const error = lastError === null || lastError === "not-2xx" ? null : events.errors[lastError];
  return [lastStatus === null ? null : `HTTP ${lastStatus}`, error].filter((text) => text !== null).join(", ") || null;
}

function subjectLink({ type, subject }: OutboxEvent): Html {
  const kind = SUBJECT_NAMES[type];
  if (kind === "delivery") return idLink(deliveryPath(subject), `${subject.slice(0, 16)}…`);
  return html`<a href="${kind === "runId" ? runPath(subject) : jobPath(subject)}">${named(subject)}</a>`;
}

/** Leads back to the page that it is on. */
const resendForm = ({ texts: { events }, here }: View, { id, status }: OutboxEvent): Html =>
  html`<form method="post" action="/ui/events/${encodeURIComponent(id)}/resend">
    <input type="hidden" name="back" value="${here}" />
    <button>${status === "pending" ? events.sendNow : events.resend}</button>
  </form>`;
