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

export function stateBadge(view: View, state: string | null): Html {
  return html`<span class="badge" data-tone="${stateTone(state)}" title="${state ?? ""}"
    ><span>${stateName(view, state)}</span></span
  >`;
}

/** The type of a job in the reader's language; one that is not known here stands as it was sent. */
export function typeName(
  { texts }: View,
  { tag, event }: { tag: string | null; event?: string | null },
): string | null {
  const code = tag ?? event ?? null;
  return code !== null && Object.hasOwn(texts.jobTypes, code) ? (texts.jobTypes[code] ?? code) : code;
}

const STATUS_TONES = { stored: "good", "no-job": "still", quarantined: "bad", pending: "busy" } as const;

export const statusBadge = (view: View, status: DeliveryStatus): Html =>
  html`<span class="badge" data-tone="${STATUS_TONES[status]}"><span>${view.texts.statuses[status]}</span></span>`;

/** `2022-07-25 08:35:39 UTC`. */
export const exactText = (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`;

export const exactTime = (iso: string): Html => html`<time datetime="${iso}">${exactText(iso)}</time>`;

/** How long ago, and on hover exactly when. The script keeps it true while the page is open. */
export const relativeTime = (view: View, iso: string): Html =>
  html`<time datetime="${iso}" title="${exactText(iso)}" data-relative>${relativeText(view, Date.parse(iso))}</time>`;

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

function relativeText(view: View, milliseconds: number): string {
  const seconds = Math.round((milliseconds - view.now) / 1000);
  const format = new Intl.RelativeTimeFormat(localeOf(view), { numeric: "auto" });
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format.format(Math.trunc(seconds / size), unit);
}

/** Milliseconds between two times, or null where one is missing. */
export function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}

/** `850 ms`, `4 s`, `1 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText({ texts: { units } }: View, milliseconds: number): string {
  if (milliseconds !== 0 && Math.abs(milliseconds) < 1000) return `${milliseconds} ${units.ms}`;
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
export const breakable = (text: string): Html =>
  html`<bdi>${text.split(/(?<=\/)/).flatMap((part, index) => (index === 0 ? [part] : [BREAK, part]))}</bdi>`;

/** Where a line may break. */
export const BREAK: Html = html`<wbr />`;

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

/** Text in one piece to copy. The button is the script's: without it, the text can be selected. `id` is ours. */
export const copyable = ({ texts }: View, id: string, text: string, label: string): Html =>
  html`<div class="copyable">
    <pre id="${id}" tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>
    <button type="button" class="quiet" data-copy="${id}" data-done="${texts.copied}" hidden>${texts.copy}</button>
  </div>`;

/** A shell line that asks the API about `path`. Single quotes hold every character but themselves. */
export const curlOf = (origin: string, path: string): string =>
  `curl -H "Authorization: Bearer $LOOKUP_TOKEN" '${origin}${path.replaceAll("'", "%27")}'`;
