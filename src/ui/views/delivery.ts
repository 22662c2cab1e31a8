/** Deliveries: what came, what is in quarantine and why, and the bytes of one. */
import { html } from "hono/html";
import type { Body } from "../../callback/callback.ts";
import { timeOf } from "../../wire.ts";
import type { Delivery, DeliveryStatus, ListedDelivery } from "../../store/store.ts";
import {
  breakable,
  card,
  curlCard,
  facts,
  idLink,
  postButton,
  reasonText,
  relativeTime,
  sizeText,
  statusBadge,
  typeName,
} from "./elements.ts";
import { sourceBadge } from "./expectation.ts";
import { excerptOf, type ExcerptLine, offsetsOf, startOf } from "./excerpt.ts";
import { layout, type Live } from "./layout.ts";
import { liveList, rowMarks } from "./live-list.ts";
import { filterTabs, type Pager } from "./pager.ts";
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
  pager: Pager;
  /** What reparsing those of a page has come to, just now: how many could be parsed, and how many could not. */
  reparsed: { read: number; unread: number } | null;
  live: Live | null;
}

const STATUSES = ["stored", "no-job", "quarantined", "pending"] as const;

export function deliveriesPage(view: View, { status, items, pager, reparsed, live }: DeliveryList): Html {
  const { texts } = view;
  const title = status === "quarantined" ? texts.quarantine : texts.deliveries;
  const body = html`<div class="head">
      <h1>${title}</h1>
      ${status === "quarantined" && items.length > 0 && postButton("/ui/deliveries/reparse", texts.reparseAll)}
    </div>
    ${reparsed !== null && html`<p class="${reparsed.unread > 0 ? "alert" : "success"}" role="status">${texts.reparsedMany(reparsed.read, reparsed.unread)}</p>`}
    ${filterTabs(view, "/ui/deliveries", "status", texts.status, STATUSES, status, (value) => texts.statuses[value])}
    ${status !== null && html`<p class="lead">${texts.statusHints[status]}</p>`}
    ${liveList(view, {
      id: "deliveries",
      className: "deliveries",
      label: title,
      rows: items.map((item) => deliveryRow(view, item)),
      none: texts.noDeliveries,
      pager,
    })}`;
  return layout(view, {
    title,
    body,
    section: status === "quarantined" ? "quarantine" : "deliveries",
    ...(live && { live }),
  });
}

const reparseButton = ({ texts }: View, id: string): Html => postButton(`${deliveryPath(id)}/reparse`, texts.reparse);

function deliveryRow(view: View, { delivery, body }: DeliveryListItem): Html {
  const { failure } = delivery;
  const kind = delivery.jobCount > 0 ? typeName(view, delivery) : null;
  return html`<li class="card" ${rowMarks(delivery.id, delivery.receivedAt)}>
    <div class="head">
      <div>
        <p class="entry">
          ${statusBadge(view, delivery.status)} ${sourceBadge(view, delivery.source)}
          ${kind !== null && html`<span>${kind}</span>`}
          <a href="${deliveryPath(delivery.id)}">${nameOf(delivery)}</a>
        </p>
        <p class="note">
          ${namedJobs(view, delivery)}${relativeTime(view, timeOf(delivery.receivedAt))} ·
          ${sizeText(delivery.size)}${timesText(view, delivery)}
        </p>
      </div>
      ${delivery.status === "quarantined" && delivery.hasBytes && reparseButton(view, delivery.id)}
    </div>
    ${failure !== null && html`<p class="reason">${failureText(view, failure)}</p>`}
    ${failure !== null && body !== null && excerpt(view, body, failure)}
  </li>`;
}

/** The object that a delivery is about; one that names none has its id. */
const nameOf = ({ id, object }: ListedDelivery): Html =>
  object ? breakable(object) : html`<code>${id.slice(0, 16)}…</code>`;

/** How many times it came, where that is more than once. */
export const timesText = ({ texts }: View, { count }: Delivery): Html | false =>
  count > 1 && html` · ${texts.receivedTimes(count)}`;

/** Why a delivery is quarantined, and the place in its body. */
const failureText = (view: View, { reason, line, column }: NonNullable<Delivery["failure"]>): Html =>
  html`${reasonText(view, reason)} ${line !== null && html`<span class="note">${view.texts.place(line, column)}</span>`}`;

/** The first job that a delivery names, and how many more. */
function namedJobs({ texts }: View, { jobIds, jobCount }: ListedDelivery): Html | false {
  const [jobId] = jobIds;
  if (jobId === undefined) return false;
  return html`${idLink(jobPath(jobId), jobId)} ${jobCount > 1 && texts.events.moreJobs(jobCount - 1)} · `;
}

/** The text of a body; where it is no UTF-8, what can be read of it. */
const textOf = (body: Body): string =>
  (typeof body === "string" ? body : new TextDecoder().decode(body)).replace(/^\ufeff/, "");

type Place = Pick<NonNullable<Delivery["failure"]>, "line" | "column">;

function excerpt(view: View, body: Body, { line, column }: Place): Html {
  const { texts } = view;
  const text = textOf(body);
  const found = excerptOf(text, line, column);
  const title = found === null ? texts.excerptStart : texts.excerpt;
  const shown =
    found === null
      ? startOf(text)
      : html`${found.above.map(excerptLine)}<span class="line" data-number="${found.number}"
            >${found.before}${mark(found.at)}${found.after}</span
          >${found.below.map(excerptLine)}`;
  return html`<figure class="excerpt">
    <figcaption class="hint">${title}</figcaption>
    <pre tabindex="0" role="region" aria-label="${title}"><code>${shown}</code></pre>
  </figure>`;
}

/** Lines, and characters of a line, that the body of a delivery shows without being scrolled. */
const SEEN_LINES = 20;
const SEEN_COLUMNS = 500;

/** Whether the place of a failure is out of sight where the whole body is shown, which marks it too. */
const isFarDown = ({ line, column }: Place): boolean => (line ?? 0) > SEEN_LINES || (column ?? 0) > SEEN_COLUMNS;

/** Lines are elements, whose numbers the stylesheet shows: nobody copies them with the text. */
const excerptLine = ({ number, text }: ExcerptLine): Html =>
  html`<span class="line" data-number="${number}">${text}</span>`;

/** The character at fault; where the body ends there, an empty place. */
const mark = (character: string): Html => html`<mark>${character === "" ? "\u00a0" : character}</mark>`;

export interface DeliveryView {
  delivery: Delivery;
  body: Body | null;
  jobIds: readonly string[];
  runIds: readonly string[];
  /** Whether it was reparsed just now. */
  wasReparsed: boolean;
}

export function deliveryPage(view: View, { delivery, body, jobIds, runIds, wasReparsed }: DeliveryView): Html {
  const { texts } = view;
  const { failure } = delivery;
  const told = [
    ...jobIds.map((id) => html`<li>${idLink(jobPath(id), id)}</li>`),
    ...runIds.map((id) => html`<li>${idLink(runPath(id), id)} <span class="note">${texts.run}</span></li>`),
  ];
  const content = html`<div class="head">
      <div>
        <p class="crumbs"><a href="/ui/deliveries">${texts.deliveries}</a></p>
        <h1 class="id"><code>${delivery.id}</code></h1>
        <p class="under">
          ${statusBadge(view, delivery.status)} ${sourceBadge(view, delivery.source)}
          ${delivery.count > 1 && html`<span class="note">${texts.receivedTimes(delivery.count)}</span>`}
        </p>
      </div>
      ${delivery.hasBytes && delivery.status !== "stored" && reparseButton(view, delivery.id)}
    </div>
    ${
      wasReparsed &&
      html`<p class="${failure === null ? "success" : "alert"}" role="status">
        ${failure === null ? texts.reparsed(jobIds.length, runIds.length) : texts.reparseFailed}
      </p>`
    }
    ${failure !== null && html`<div class="alert"><p>${failureText(view, failure)}</p></div>`}
    ${failure !== null && body !== null && isFarDown(failure) && excerpt(view, body, failure)}
    <div class="columns">
      ${card(texts.body, body === null ? html`<p class="none">${texts.bodyGone}</p>` : bodyView(view, delivery, body))}
      <div class="margin">
        ${card(
          texts.facts,
          facts([
            [texts.received, relativeTime(view, timeOf(delivery.receivedAt))],
            [texts.format, delivery.format?.toUpperCase() ?? null],
            [texts.contentType, delivery.contentType],
            [texts.size, sizeText(delivery.size)],
          ]),
        )}
        ${
          told.length > 0 &&
          card(
            texts.namesJobs,
            html`<ul class="plain">
              ${told}
            </ul>`,
          )
        }
        ${curlCard(view, `/deliveries/${delivery.id}/raw`)}
      </div>
    </div>`;
  return layout(view, { title: `${texts.delivery} ${delivery.id.slice(0, 8)}`, body: content, section: "deliveries" });
}

/** Indented where it could be read, and as it came where not; escaped either way. */
export function bodyView(view: View, { format, size, id, failure }: Delivery, body: Body): Html {
  const { texts } = view;
  const text = textOf(body);
  const whole = format === null ? text : pretty(text.slice(0, SHOWN_CHARACTERS), format);
  const shown = whole.slice(0, SHOWN_CHARACTERS);
  const place = format === null && failure !== null ? offsetsOf(shown, failure.line, failure.column) : null;
  return html`<p class="hint">
      ${format === null ? texts.bodyAsCame : texts.bodyPretty} ·
      <a href="${deliveryPath(id)}/raw" download="${id.slice(0, 16)}.${format ?? "bin"}">${texts.download}</a>
    </p>
    ${text.length > SHOWN_CHARACTERS && html`<p class="hint">${texts.bodyCut(sizeText(SHOWN_CHARACTERS), sizeText(size))}</p>`}
    <pre
      class="body"
      tabindex="0"
      role="region"
      aria-label="${texts.body}"
    ><code>${place === null ? shown : html`${shown.slice(0, place[0])}${mark(shown.slice(...place))}${shown.slice(place[1])}`}</code></pre>`;
}
