/** What the results of several families are shown with: scores, places in a recording, files, and long lists cut. */
import { html } from "hono/html";
import type { Verdict } from "../../../results/moderation-scenes.ts";
import type { OutputFile } from "../../../results/output-files.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { badge, breakable, copyButton } from "../elements.ts";

/** Rows of one list on a page. The rest is in the tree of all fields, and in the bytes. */
export const ROWS_SHOWN = 200;

/** The first rows of a list, and how many there are beyond them. */
export function rows<T>({ texts }: View, items: readonly T[], row: (item: T, index: number) => Html): Html {
  const hidden = items.length - ROWS_SHOWN;
  return html`${items.slice(0, ROWS_SHOWN).map(row)}${hidden > 0 && html`<li class="hint">${texts.results.moreItems(hidden)}</li>`}`;
}

/** `2:37`, `1:02:05`: a place in a recording, or its length. */
export function clockText(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  const tail = `${hours > 0 ? two(minutes) : minutes}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** `0:03 – 0:19`, or its start alone; null where the start is not known. */
export function clockSpan(startSeconds: number | null, endSeconds: number | null): string | null {
  if (startSeconds === null) return null;
  const [start, end] = [clockText(startSeconds), endSeconds === null ? null : clockText(endSeconds)];
  return end === null || end === start ? start : `${start} – ${end}`;
}

/** Texts with ` · ` between them, without those that are not known. */
export const joined = (parts: readonly (string | null)[]): string | null =>
  parts.filter((part) => part !== null && part !== "").join(" · ") || null;

/** A score from 0 to 100, as a bar and as a number. `label` says of what. */
export function scoreBar(view: View, label: string, score: number): Html {
  const text = numberText(view, Math.round(score * 10) / 10);
  return html`<span class="score"
    ><meter min="0" max="100" value="${score}" aria-label="${label}">${text}</meter
    ><span class="count">${text}</span></span
  >`;
}

const VERDICT_TONES = { pass: "good", review: "busy", block: "bad" } as const;

/** Null is a verdict that CI did not give. */
export const verdictTone = (verdict: Verdict | null): string => (verdict === null ? "still" : VERDICT_TONES[verdict]);

export const verdictBadge = ({ texts }: View, verdict: Verdict | null): Html =>
  verdict === null
    ? badge("still", texts.unknownState)
    : html`<span class="badge verdict" data-tone="${verdictTone(verdict)}"
        ><span>${texts.results.verdicts[verdict]}</span></span
      >`;

/** A heading with what is under it; nothing where that is empty. */
export const group = (title: string, isThere: boolean, content: Html): Html | false =>
  isThere &&
  html`<div class="group">
    <h3>${title}</h3>
    ${content}
  </div>`;

/** Files that a job made, each with a button that copies its name. `stem` is ours, and begins their ids. */
export function fileList<T extends OutputFile>(
  view: View,
  title: string,
  stem: string,
  files: readonly T[],
  noteOf: (file: T) => string | null = () => null,
): Html | false {
  const { texts } = view;
  return group(
    title,
    files.length > 0,
    html`<ul class="files">
      ${rows(view, files, (file, index) => {
        const { bucket, region, object, md5 } = file;
        const note = joined([noteOf(file), bucket, region, md5 === null ? null : `MD5 ${md5}`]);
        return html`<li>
          <div>
            <code id="${stem}-${index}">${breakable(object)}</code>
            ${note !== null && html`<p class="note">${note}</p>`}
          </div>
          ${copyButton(texts, `${stem}-${index}`)}
        </li>`;
      })}
    </ul>`,
  );
}
