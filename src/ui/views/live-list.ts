/** A list that the script brings up to date: each row has a key and a place, and new ones may wait behind a button. */
import { html } from "hono/html";
import type { Html, View } from "../view.ts";

export interface LiveList {
  id: string;
  className: string;
  label: string;
  /** Rows as `<li>` with `rowMarks`. */
  rows: readonly Html[];
  /** Whether the list goes on after this page. */
  hasMore: boolean;
}

export const liveList = ({ texts }: View, { id, className, label, rows, hasMore }: LiveList): Html =>
  html`<button
      type="button"
      class="news"
      id="news"
      data-script
      data-one="${texts.news.one}"
      data-many="${texts.news.many}"
      hidden
    ></button>
    <ol
      class="${className}"
      id="${id}"
      data-live="list"
      data-gap="${texts.newsGap}"
      ${hasMore && html`data-more="yes"`}
      aria-label="${label}"
    >
      ${rows}
    </ol>`;

/** `place` is what the list is ordered by, the greatest first: a time in milliseconds. */
export const rowMarks = (key: string, place: number): Html => html`data-key="${key}" data-place="${place}"`;
