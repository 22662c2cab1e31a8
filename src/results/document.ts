/** What a document job made: one picture or file a page (436/54056). */
import { countAt, nodeAt, nodesAt, textAt, type WithDetail } from "./nodes.ts";

export interface DocumentPage {
  /** The number of the page, or of the sheet of a spreadsheet, from 1. */
  page: number | null;
  object: string | null;
  /** Of a spreadsheet: the number of this picture in its sheet, from 1. */
  pictureInSheet: number | null;
  /** Of a spreadsheet: how many pictures its sheet has. */
  picturesInSheet: number | null;
  /** Of a spreadsheet: the number of this picture among all, from 1. */
  pictureInDocument: number | null;
}

export interface DocumentResult {
  /** Where the pages are. */
  bucket: string | null;
  region: string | null;
  /** Such as `png`. */
  targetType: string | null;
  /** Pages of the document, made or not. */
  pageCount: number | null;
  succeededCount: number | null;
  failedCount: number | null;
  /** Of a spreadsheet. */
  sheetCount: number | null;
  /** The pages made, in the order sent. */
  pages: DocumentPage[];
}

/**
 * Reads the result of a document job; null if there is none: it failed or is not over, or its bytes are no longer kept.
 * @example readDocument(job)?.pages.map(({ object }) => object) // [ "out/1.jpg", "out/2.jpg" ]
 */
export function readDocument({ detail }: WithDetail): DocumentResult | null {
  const operation = nodeAt(detail, "Operation");
  const result = nodeAt(operation, "DocProcessResult");
  if (result === null) return null;
  return {
    bucket: textAt(operation, "Output", "Bucket"),
    region: textAt(operation, "Output", "Region"),
    targetType: textAt(result, "TgtType") ?? textAt(operation, "DocProcess", "TgtType"),
    pageCount: countAt(result, "TotalPageCount"),
    succeededCount: countAt(result, "SuccPageCount"),
    failedCount: countAt(result, "FailPageCount"),
    sheetCount: countAt(result, "TotalSheetCount"),
    pages: nodesAt(result, "PageInfo").map((page) => ({
      page: countAt(page, "PageNo"),
      object: textAt(page, "TgtUri"),
      pictureInSheet: countAt(page, "PicIndex"),
      picturesInSheet: countAt(page, "X-SheetPics"),
      pictureInDocument: countAt(page, "PicNum"),
    })),
  };
}
