/** A list whose filters let nothing through: which filters those are, and what the reader may have meant. */
import { html } from "hono/html";
import { named, nameWith } from "./elements.ts";
import { codeMeant } from "./suggest.ts";
import type { Html, View } from "../view.ts";

/** `said` are the filters in words. */
export const noMatch = ({ texts }: View, says: (filters: string) => string, said: readonly string[]): Html =>
  named(says(said.join(texts.listComma)));

/** A link to the known state or type that differs from what was asked for in case or spelling alone. */
export function didYouMean(
  { texts }: View,
  names: Readonly<Record<string, string>>,
  asked: string | null | undefined,
  pathOf: (code: string) => string,
): Html | false {
  const code = asked == null ? null : codeMeant(asked, names);
  return (
    code !== null &&
    html`${texts.didYouMean} <a href="${pathOf(code)}">${nameWith(names, code)}</a>${texts.questionMark}`
  );
}
