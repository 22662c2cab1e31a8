/**
 * Previous and next of a list that its store walks one way only: the address of a page carries where each page before
 * it began. A cursor of the API, of positions instead of one.
 */
import { type Filters, listPath } from "../views/home.ts";
import type { Position } from "../../store/store.ts";
import { decodeCursor, encodeCursor } from "../../api/cursor.ts";

export interface Walk {
  /** Counts from 1. */
  page: number;
  /** Where this page and those before it begin, the last being this one's; none for the first page. */
  trail: readonly Position[];
}

/** Pages that an address remembers, about 75 characters each. Further on, the way back is by "newest". */
const REMEMBERED_PAGES = 60;

/** Throws `invalid-request` for what is not a cursor of this list. */
export function readWalk(list: string, cursor: string | undefined): Walk {
  const [page, ...trail] = decodeCursor(list, cursor) ?? [1];
  return { page: Number(page), trail: trail.map((position) => JSON.parse(String(position)) as Position) };
}

function pathOf(list: string, filters: Filters, { page, trail }: Walk): string {
  if (page === 1) return listPath(filters);
  const cursor = encodeCursor(list, [page, ...trail.map((position) => JSON.stringify(position))]) ?? "";
  return listPath({ ...filters, cursor });
}

/** The address of the page before, or null where there is none, or it is no longer remembered. */
export function pathBefore(list: string, filters: Filters, { page, trail }: Walk): string | null {
  if (page === 1 || (page > 2 && trail.length < 2)) return null;
  return pathOf(list, filters, { page: page - 1, trail: trail.slice(0, -1) });
}

/** The address of the page after, which begins at `next`; null where that is null. */
export function pathAfter(list: string, filters: Filters, { page, trail }: Walk, next: Position | null): string | null {
  if (next === null) return null;
  return pathOf(list, filters, { page: page + 1, trail: [...trail, next].slice(-REMEMBERED_PAGES) });
}
