/** Deliveries: what came, what is in quarantine and why, and the bytes of one. */
import { html } from "hono/html";
import type { Body } from "../../callback/callback.ts";
import { timeOf } from "../../wire.ts";
import type { Delivery, DeliveryStatus, ListedDelivery } from "../../store/store.ts";
import { breakable, copyable, curlOf, facts, relativeTime, sizeText, statusBadge, typeName } from "./elements.ts";
import { sourceBadge } from "./expectation.ts";
import { excerptOf } from "./excerpt.ts";
import { layout, type Live } from "./layout.ts";
import { pretty } from "./pretty.ts";
import { deliveryPath, type Html, jobPath, runPath, type View } from "../view.ts";

/** Of a body on a page, in characters: the rest is a download. */
const SHOWN_CHARACTERS = 256 * 1024;

export interface DeliveryListItem {
  delivery: ListedDelivery;
  /** Of a quarantined delivery; null for others, and where the bytes are gone. */
  body: Body | null;
}

export interface DeliveryList {
  status: DeliveryStatus | null;
  items: readonly DeliveryListItem[];
  next: string | null;
  live: Live | null;
}

const STATUSES = ["stored", "no-job", "quarantined", "pending"] as const;

export function deliveriesPage(view: View, { status, items, next, live }: DeliveryList): Html {
  const { texts } = view;
  const tab = (value: DeliveryStatus | null, label: string) =>
    html`<a
      href="/ui/deliveries${value === null ? "" : `?status=${value}`}"
      ${value === status && html`aria-current="true"`}
      >${label}</a
    >`;
  const title = status === "quarantined" ? texts.quarantine : texts.deliveries;
  const body = html`<div class="head">
      <h1>${title}</h1>
      ${status === "quarantined" && items.length > 0 && readAllForm(view)}
    </div>
    <nav class="states" aria-label="${texts.status}">
      ${tab(null, texts.all)}${STATUSES.map((value) => tab(value, texts.statuses[value]))}
    </nav>
    ${status !== null && html`<p class="lead">${texts.statusHints[status]}</p>`}
    <ol class="deliveries" id="deliveries" data-live="replace" aria-label="${title}">
      ${items.map((item) => deliveryRow(view, item))}
    </ol>
    ${items.length === 0 && html`<p class="none">${texts.noDeliveries}</p>`}
    ${next !== null && html`<nav class="pager" aria-label="${texts.pages}"><a href="${next}" rel="next">${texts.older}</a></nav>`}`;
  return layout(view, {
    title,
    body,
    section: status === "quarantined" ? "quarantine" : "deliveries",
    ...(live && { live }),
  });
}

const readAllForm = ({ texts }: View): Html =>
  html`<form method="post" action="/ui/deliveries/reparse"><button>${texts.readAllAgain}</button></form>`;

const readAgainForm = ({ texts }: View, id: string): Html =>
  html`<form method="post" action="${deliveryPath(id)}/reparse"><button>${texts.readAgain}</button></form>`;

function deliveryRow(view: View, { delivery, body }: DeliveryListItem): Html {
  const { texts } = view;
  const { failure } = delivery;
  const kind = typeName(view, { tag: delivery.tag });
  return html`<li class="card">
    <div class="head">
      <p>
        ${statusBadge(view, delivery.status)} ${sourceBadge(view, delivery.source)}
        ${kind !== null && html`<span>${kind}</span>`}
        <a href="${deliveryPath(delivery.id)}">${nameOf(delivery)}</a>
      </p>
      ${delivery.status === "quarantined" && delivery.hasBytes && readAgainForm(view, delivery.id)}
    </div>
    <p class="note">
      ${namedJobs(view, delivery)}${relativeTime(view, timeOf(delivery.receivedAt))} · ${sizeText(delivery.size)} ·
      ${texts.times(delivery.count)}
    </p>
    ${failure !== null && html`<p class="reason">${failure.reason} ${failure.line !== null && html`<span class="note">${texts.place(failure.line, failure.column)}</span>`}</p>`}
    ${failure !== null && body !== null && excerpt(view, body, failure)}
  </li>`;
}

/** What a delivery is about: an object, else a job. One that tells of neither has its id. */
const nameOf = ({ id, object, jobIds: [jobId] }: ListedDelivery): Html =>
  object !== null ? breakable(object) : html`<code>${jobId ?? `${id.slice(0, 16)}…`}</code>`;

/** The first job that a delivery names, and how many more. */
function namedJobs({ texts }: View, { jobIds, jobCount }: ListedDelivery): Html | false {
  const [jobId] = jobIds;
  if (jobId === undefined) return false;
  return html`<a href="${jobPath(jobId)}"><code>${jobId}</code></a>
    ${jobCount > 1 && texts.events.moreJobs(jobCount - 1)} · `;
}

/** The text of a body; where it is no UTF-8, what can be read of it. */
const textOf = (body: Body): string =>
  (typeof body === "string" ? body : new TextDecoder().decode(body)).replace(/^\ufeff/, "");

function excerpt(view: View, body: Body, { line, column }: { line: number | null; column: number | null }): Html {
  const { texts } = view;
  const { before, at, after, isPlaced } = excerptOf(textOf(body), line, column);
  return html`<figure class="excerpt">
    <figcaption class="hint">${isPlaced ? texts.excerpt : texts.excerptStart}</figcaption>
    <pre
      tabindex="0"
      role="region"
      aria-label="${isPlaced ? texts.excerpt : texts.excerptStart}"
    ><code>${before}${isPlaced && html`<mark>${at === "" ? "␃" : at}</mark>`}${after}</code></pre>
  </figure>`;
}

export interface DeliveryView {
  delivery: Delivery;
  body: Body | null;
  jobIds: readonly string[];
  runIds: readonly string[];
  /** What reading it again has come to, just now. */
  readAgain: "done" | "failed" | null;
}

export function deliveryPage(view: View, { delivery, body, jobIds, runIds, readAgain }: DeliveryView): Html {
  const { texts, origin } = view;
  const { failure } = delivery;
  const told = [
    ...jobIds.map(
      (id) =>
        html`<li>
          <a href="${jobPath(id)}"><code>${id}</code></a>
        </li>`,
    ),
    ...runIds.map(
      (id) =>
        html`<li>
          <a href="${runPath(id)}"><code>${id}</code></a> <span class="note">${texts.run}</span>
        </li>`,
    ),
  ];
  const content = html`<div class="head">
      <div>
        <p class="crumbs"><a href="/ui/deliveries">${texts.deliveries}</a></p>
        <h1 class="id"><code>${delivery.id}</code></h1>
        <p class="under">
          ${statusBadge(view, delivery.status)} ${sourceBadge(view, delivery.source)}
          <span class="note">${texts.times(delivery.count)}</span>
        </p>
      </div>
      ${delivery.hasBytes && delivery.status !== "stored" && readAgainForm(view, delivery.id)}
    </div>
    ${readAgain === "done" && html`<p class="success" role="status">${texts.readAgainDone}</p>`}
    ${readAgain === "failed" && html`<p class="alert" role="status">${texts.readAgainFailed}</p>`}
    ${failure !== null && html`<div class="alert"><p>${failure.reason} ${failure.line !== null && texts.place(failure.line, failure.column)}</p></div>`}
    ${failure !== null && body !== null && excerpt(view, body, failure)}
    <div class="columns">
      <section class="card">
        <h2>${texts.body}</h2>
        ${body === null ? html`<p class="none">${texts.bodyGone}</p>` : bodyView(view, delivery, body)}
      </section>
      <div class="margin">
        <section class="card">
          <h2>${texts.facts}</h2>
          ${facts([
            [texts.received, relativeTime(view, timeOf(delivery.receivedAt))],
            [texts.format, delivery.format?.toUpperCase() ?? null],
            [texts.contentType, delivery.contentType],
            [texts.size, sizeText(delivery.size)],
          ])}
        </section>
        ${
          told.length > 0 &&
          html`<section class="card">
            <h2>${texts.namesJobs}</h2>
            <ul class="plain">
              ${told}
            </ul>
          </section>`
        }
        <section class="card">
          <h2>${texts.askAgain}</h2>
          ${copyable(view, "curl", curlOf(origin, `/deliveries/${delivery.id}/raw`), texts.askAgain)}
        </section>
      </div>
    </div>`;
  return layout(view, { title: `${texts.delivery} ${delivery.id.slice(0, 8)}`, body: content, section: "deliveries" });
}

/** Indented where it could be read, and as it came where not; escaped either way. */
export function bodyView(view: View, { format, size, id }: Delivery, body: Body): Html {
  const { texts } = view;
  const text = textOf(body);
  const whole = format === null ? text : pretty(text.slice(0, SHOWN_CHARACTERS), format);
  const shown = whole.slice(0, SHOWN_CHARACTERS);
  return html`<p class="hint">
      ${format === null ? texts.bodyAsCame : texts.bodyPretty} ·
      <a href="${deliveryPath(id)}/raw" download="${id.slice(0, 16)}.${format ?? "bin"}">${texts.download}</a>
    </p>
    ${text.length > SHOWN_CHARACTERS && html`<p class="hint">${texts.bodyCut(sizeText(SHOWN_CHARACTERS), sizeText(size))}</p>`}
    <pre class="body" tabindex="0" role="region" aria-label="${texts.body}"><code>${shown}</code></pre>`;
}
