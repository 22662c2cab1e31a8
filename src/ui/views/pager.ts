/** Newest, previous and next of a list that its store walks one way only. */
import { html } from "hono/html";
import type { Html, View } from "../view.ts";

export interface Pager {
  /** Counts from 1. */
  pageNumber: number;
  /** Addresses of the first page, and of the pages before and after; null where there is none. */
  first: string;
  previous: string | null;
  next: string | null;
}

export function pagerLinks({ texts }: View, { pageNumber, first, previous, next }: Pager): Html | false {
  if (previous === null && next === null) return false;
  return html`<nav class="pager" aria-label="${texts.pages}">
    ${pageNumber > 2 && html`<a href="${first}">${texts.newest}</a>`}
    ${previous !== null && html`<a href="${previous}" rel="prev">${texts.newer}</a>`}
    <span>${texts.pageNumber(pageNumber)}</span>
    ${next !== null && html`<a href="${next}" rel="next">${texts.older}</a>`}
  </nav>`;
}

/** An address with those of the parameters that say something. */
export function pathWith(path: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== null && value !== "") query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

interface Tab {
  href: string;
  text: string;
  isChosen: boolean;
}

/** The values of one filter of the list at `path`, as links; the first is all. */
export function filterTabs<T extends string>(
  { texts }: View,
  path: string,
  parameter: string,
  label: string,
  values: readonly T[],
  chosen: T | null,
  nameOf: (value: T) => string,
): Html {
  const links = [null, ...values].map((value) => ({
    href: pathWith(path, { [parameter]: value }),
    text: value === null ? texts.all : nameOf(value),
    isChosen: value === chosen,
  }));
  return html`<nav class="states" aria-label="${label}">${links.map(tab)}</nav>`;
}

/** Links, where what they have in common has to be said. */
export const labelledTabs = (label: string, links: readonly Tab[]): Html =>
  html`<nav class="states" aria-label="${label}">
    <span class="hint" aria-hidden="true">${label}</span>
    ${links.map(tab)}
  </nav>`;

const tab = ({ href, text, isChosen }: Tab): Html =>
  html`<a href="${href}" ${isChosen && html`aria-current="true"`}>${text}</a>`;
