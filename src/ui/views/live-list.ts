/**
 * A page of a list that the script brings up to date: each row has a key and a place, and new ones may wait behind a
 * button.
 */
import { html } from "hono/html";
import { type Pager, pagerLinks } from "./pager.ts";
import type { Html, View } from "../view.ts";

export interface LiveList {
  id: string;
  className: string;
  label: string;
  /** Rows as `<li>` with `rowMarks`. */
  rows: readonly Html[];
  /** What the page says if the list is empty; null if it says so elsewhere. */
  none: Html | string | null;
  pager: Pager;
}

export const liveList = (view: View, { id, className, label, rows, none, pager }: LiveList): Html =>
  html`<button
      type="button"
      class="news"
      id="news"
      data-script
      data-one="${view.texts.news.one}"
      data-many="${view.texts.news.many}"
      hidden
    ></button>
    <ol
      class="${className}"
      id="${id}"
      data-live="list"
      data-gap="${view.texts.newsGap}"
      ${pager.next !== null && html`data-more="yes"`}
      aria-label="${label}"
    >
      ${rows}
    </ol>
    ${rows.length === 0 && none !== null && emptyNote(view, pager, none)} ${pagerLinks(view, pager)}`;

/** What an empty page of a list says; filters may let nothing through on one page, and something on the next. */
export const emptyNote = ({ texts }: View, { next }: Pager, none: Html | string): Html =>
  html`<p class="none">${next === null ? none : texts.noneOnThisPage}</p>`;

/** `place` is what the list is ordered by, the greatest first: a time in milliseconds. */
export const rowMarks = (key: string, place: number): Html => html`data-key="${key}" data-place="${place}"`;
