/**
 * Previous and next of a list that its store walks one way only: the address of a page carries where each page before
 * it began. A cursor of the API, of positions instead of one.
 */
import type { Pager } from "../views/pager.ts";
import type { Position } from "../../store/lists.ts";
import { PositionError } from "../../store/errors.ts";
import { decodeCursor, encodeCursor, isPosition } from "../../api/cursor.ts";

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
  const [page = 1, ...trail] = decodeCursor(list, cursor) ?? [];
  if (!Number.isSafeInteger(page) || Number(page) < 1) throw new PositionError("The cursor names no page.");
  return { page: Number(page), trail: trail.map((position) => positionOf(String(position))) };
}

/** Cursors are the client's to bring back, and so may hold anything. Throws a PositionError for what no list gave. */
function positionOf(text: string): Position {
  try {
    const position: unknown = JSON.parse(text);
    if (isPosition(position)) return position;
  } catch {
    // No JSON, and so no position.
  }
  throw new PositionError("The cursor holds a position that no list gave.");
}

/** The links of a page: `pathOf` gives the address with a cursor, or of the first page without. */
export function pagerOf(
  list: string,
  { page, trail }: Walk,
  next: Position | null,
  pathOf: (cursor: string | null) => string,
): Pager {
  const pathTo = ({ page, trail }: Walk): string =>
    pathOf(page === 1 ? null : encodeCursor(list, [page, ...trail.map((position) => JSON.stringify(position))]));
  // The page before is no longer remembered far from the first.
  const isRemembered = page === 2 || trail.length > 1;
  const previous = page > 1 && isRemembered ? pathTo({ page: page - 1, trail: trail.slice(0, -1) }) : null;
  const after = next === null ? null : pathTo({ page: page + 1, trail: [...trail, next].slice(-REMEMBERED_PAGES) });
  return { pageNumber: page, first: pathOf(null), previous, next: after };
}
