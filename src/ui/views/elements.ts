/** What several pages show in the same way: states, times, facts, and text to copy. */
import { html } from "hono/html";
import type { DeliveryStatus } from "../../store/store.ts";
import { type Html, localeOf, type View } from "../view.ts";

const TONES: Record<string, string> = { Success: "good", Failed: "bad", Cancel: "still" };

/** A state in words; one that is not known here stands as it was sent. */
export const stateName = ({ texts }: View, state: string | null): string =>
  state === null ? texts.unknownState : Object.hasOwn(texts.states, state) ? (texts.states[state] ?? state) : state;

/** `busy` for any state that is not the end of a job. */
export const stateTone = (state: string | null): string =>
  state === null ? "still" : Object.hasOwn(TONES, state) ? (TONES[state] ?? "busy") : "busy";

/** A word in a pill, in the colour of its tone. */
export const badge = (tone: string, text: string, title = ""): Html =>
  html`<span class="badge" data-tone="${tone}" title="${title}"><span>${text}</span></span>`;

export const stateBadge = (view: View, state: string | null): Html =>
  badge(stateTone(state), stateName(view, state), state ?? "");

/** The type of a job in the reader's language; one that is not known here stands as it was sent. */
export function typeName(
  { texts }: View,
  { tag, event }: { tag: string | null; event?: string | null },
): string | null {
  const code = tag ?? event ?? null;
  return code !== null && Object.hasOwn(texts.jobTypes, code) ? (texts.jobTypes[code] ?? code) : code;
}

/** `Word segmentation (WordsGeneralize)`: a tag with what it means, where that is known. */
export const typeWithTag = ({ texts }: View, tag: string | null): string | null =>
  tag === null ? null : nameWith(texts.jobTypes, tag);

/** A name of the provider's with what it means here, where that is known: `色情 (Porn)`. */
export function nameWith(names: Readonly<Record<string, string>>, name: string): string {
  const known = Object.hasOwn(names, name) ? names[name] : undefined;
  return known === undefined || known === name ? name : `${known} (${name})`;
}

const STATUS_TONES = { stored: "good", "no-job": "still", quarantined: "bad", pending: "busy" } as const;

export const statusBadge = (view: View, status: DeliveryStatus): Html =>
  badge(STATUS_TONES[status], view.texts.statuses[status]);

/** `2022-07-25 08:35:39 UTC`. */
export const exactText = (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`;

export const exactTime = (iso: string): Html => html`<time datetime="${iso}">${exactText(iso)}</time>`;

/** How long ago, and on hover exactly when. The script keeps it true while the page is open. */
export function relativeTime(view: View, iso: string): Html {
  const ago = relativeText(view, Date.parse(iso), "long");
  return html`<time datetime="${iso}" title="${exactText(iso)}" data-relative>${ago}</time>`;
}

/** The same in a column of a list, where there is less room: `5 min. ago`. */
export function shortTime(view: View, iso: string): Html {
  const ago = relativeText(view, Date.parse(iso), "short");
  return html`<time datetime="${iso}" title="${exactText(iso)}" data-relative="short">${ago}</time>`;
}

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

function relativeText(view: View, milliseconds: number, length: "long" | "short"): string {
  const seconds = Math.round((milliseconds - view.now) / 1000);
  // Chinese reads better in the short form everywhere: `5秒前`, not `5秒钟前`. The script of the pages says the same.
  const style = view.language === "zh" ? "short" : length;
  const format = new Intl.RelativeTimeFormat(localeOf(view), { numeric: "auto", style });
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format.format(Math.trunc(seconds / size), unit);
}

/** Milliseconds between two times, or null where one is missing. */
export function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}

/** `850 ms`, `4 s`, `1 min 20 s`, `2 h 5 min`, `3 d 4 h`; `< 1 s` for none at all, since CI tells whole seconds. */
export function durationText({ texts: { units } }: View, milliseconds: number): string {
  if (milliseconds === 0) return `< 1 ${units.s}`;
  if (Math.abs(milliseconds) < 1000) return `${milliseconds} ${units.ms}`;
  const sign = milliseconds < 0 ? "−" : "";
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
    `${sign}${large} ${largeUnit}${small === 0 ? "" : ` ${small} ${smallUnit}`}`;
  if (seconds < 60) return `${sign}${seconds} ${units.s}`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), units.min, seconds % 60, units.s);
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), units.h, Math.floor((seconds % 3600) / 60), units.min);
  return pair(Math.floor(seconds / 86_400), units.d, Math.floor((seconds % 86_400) / 3600), units.h);
}

/** `512 B`, `14.2 KiB`, `3.1 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / 1024 / 1024, "MiB"];
  return `${size.toFixed(1)} ${unit}`;
}

/** A name with slashes, which may break after each rather than within a word. */
export function breakable(text: string): Html {
  const [first = "", ...others] = text.split(/(?<=\/)/);
  return html`<bdi>${[...plainly(first), ...others.flatMap((part) => [BREAK, ...plainly(part)])]}</bdi>`;
}

/** A name from outside, on one line. */
export const named = (text: string): Html => html`<bdi>${plainly(text)}</bdi>`;

/** Controls, and what turns the direction of text or is not seen: `gpj.exe` must not read as `exe.jpg`. */
const UNSEEN = /([\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff])/u;

/** The text, with what is not seen as its code point. */
function plainly(text: string): (string | Html)[] {
  if (!UNSEEN.test(text)) return [text];
  const codeOf = (character: string) => `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return text
    .split(UNSEEN)
    .map((part, index) => (index % 2 === 0 ? part : html`<span class="code">${codeOf(part)}</span>`));
}

/** Where a line may break. */
export const BREAK: Html = html`<wbr />`;

/** Why a body could not be parsed, in the reader's language where it is one of the forms that are known. */
export function reasonText({ texts }: View, reason: string): Html {
  const said = texts.reason(reason);
  return said === null ? html`<span lang="en">${withCode(reason)}</span>` : html`${withCode(said)}`;
}

/** Text with the parts between backticks as code. */
export const withCode = (text: string): Html[] =>
  text.split("`").map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));

const HAN = /\p{Script=Han}/u;

/** The language of a text of the provider's, where the page may have another: for voices and for the shape of characters. */
export const languageOf = (text: string): Html | false => HAN.test(text) && html`lang="zh-Hans"`;

export type Fact = readonly [name: string, value: Html | string | null];

/** Names and values; those without a value are left out. */
export const facts = (rows: readonly Fact[]): Html =>
  html`<dl class="facts">
    ${rows.flatMap(([name, value]) =>
      value === null
        ? []
        : html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
    )}
  </dl>`;

/** A card with a heading. `id` is ours. */
export const card = (title: Html | string, content: Html | readonly (Html | false)[], id?: string): Html =>
  html`<section class="card" ${id !== undefined && html`id="${id}"`}>
    <h2>${title}</h2>
    ${content}
  </section>`;

/** A form with nothing but a button. */
export const postButton = (path: string, label: string): Html =>
  html`<form method="post" action="${path}"><button>${label}</button></form>`;

/** A link to the page of what has this id, which may be shown shortened. */
export const idLink = (path: string, id: string): Html => html`<a href="${path}"><code>${id}</code></a>`;

/** An id among facts. */
export const codeOf = (id: string | null): Html | null => (id === null ? null : html`<code>${id}</code>`);

/** Text in one piece to copy. The button is the script's: without it, the text can be selected. `id` is ours. */
export const copyable = ({ texts }: View, id: string, text: string, label: string): Html =>
  html`<div class="copyable">
    <pre id="${id}" tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>
    ${copyButton(texts, id)}
  </div>`;

/** The button is the script's. It copies the text of the element with this id, or what a path of ours answers. */
export const copyButton = (texts: View["texts"], source: string, label: string = texts.copy): Html =>
  html`<button
    type="button"
    class="quiet"
    data-copy="${source}"
    data-done="${texts.copied}"
    data-failed="${texts.copyFailed}"
    ${!source.startsWith("/") && html`aria-describedby="${source}"`}
    hidden
  >
    ${label}
  </button>`;

/** A shell line that asks the API about `path`. Single quotes hold every character but themselves. */
export const curlOf = (origin: string, path: string): string =>
  `curl -H "Authorization: Bearer $LOOKUP_TOKEN" '${origin}${path.replaceAll("'", "%27")}'`;

export function curlCard(view: View, path: string): Html {
  const { askAgain } = view.texts;
  return card(askAgain, copyable(view, "curl", curlOf(view.origin, path), askAgain));
}
