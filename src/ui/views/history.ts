/** Every delivery that named a job, last received first, and which of them is behind its record. */
import { html } from "hono/html";
import type { ListedDelivery } from "../../store/store.ts";
import { timeOf } from "../../wire.ts";
import { card, idLink, relativeTime, sizeText, statusBadge } from "./elements.ts";
import { timesText } from "./delivery.ts";
import { sourceBadge } from "./expectation.ts";
import { deliveryPath, type Html, type View } from "../view.ts";

export interface History {
  deliveries: readonly ListedDelivery[];
  /** Whether there are older ones. */
  isCut: boolean;
}

/** Nothing where one delivery is all there is: the page tells of that anyway. */
export function historyCard(view: View, { deliveries, isCut }: History, recordId: string | null): Html | false {
  const words = view.texts.events;
  return (
    deliveries.length > 1 &&
    card(
      words.history,
      html`<ol class="rows lines">
          ${deliveries.map((delivery) => historyRow(view, delivery, delivery.id === recordId))}
        </ol>
        ${isCut && html`<p class="hint">${words.historyCut(deliveries.length)}</p>`}`,
      "history",
    )
  );
}

const historyRow = (view: View, delivery: ListedDelivery, isRecord: boolean): Html =>
  html`<li ${isRecord && html`aria-current="true"`}>
    ${statusBadge(view, delivery.status)} ${idLink(deliveryPath(delivery.id), `${delivery.id.slice(0, 12)}…`)}
    <span class="note"
      >${relativeTime(view, timeOf(delivery.receivedAt))} ·
      ${delivery.format !== null && `${delivery.format.toUpperCase()} · `}${sizeText(delivery.size)}${timesText(view, delivery)}</span
    >
    ${sourceBadge(view, delivery.source)} ${isRecord && html`<strong>${view.texts.events.isRecord}</strong>`}
  </li>`;
