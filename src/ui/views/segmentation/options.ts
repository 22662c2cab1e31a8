/** What the reader has chosen of a segmentation's page. It stands in the address, so that it can be passed on. */

export interface SegmentationOptions {
  /** Codes of the parts of speech to single out; empty for all. */
  parts: readonly string[];
  as: (typeof SHOWN_AS)[number];
  /** What is searched for in the text; "" for nothing. */
  query: string;
  /** Whether words that say little are among the frequent ones. */
  withStopWords: boolean;
  /** The page's path, without a query. */
  path: string;
}

/** As text, as text with the tags under its words, and as a table. */
export const SHOWN_AS = ["text", "tags", "table"] as const;

/** The address with some of the choices made otherwise. `fragment` is an id of the page. */
export function optionsPath(
  options: SegmentationOptions,
  changes: Partial<SegmentationOptions>,
  fragment = "segmentation",
): string {
  const { parts, as, query, withStopWords, path } = { ...options, ...changes };
  const parameters = new URLSearchParams(parts.map((part) => ["pos", part]));
  if (as !== "text") parameters.set("as", as);
  if (query !== "") parameters.set("find", query);
  if (withStopWords) parameters.set("stop", "yes");
  return `${parameters.size === 0 ? path : `${path}?${parameters.toString()}`}#${fragment}`;
}
