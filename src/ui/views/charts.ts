/** Bars in SVG, drawn here. Lengths are shares of the width, so that a chart fits any screen without scaling its text. */
import { html } from "hono/html";
import { durationText, exactText, languageOf } from "./elements.ts";
import { type Html, numberText, type View } from "../view.ts";

export interface Bar {
  label: string;
  count: number;
  /** A class of the stylesheet, which colours it. */
  group: string;
}

const ROW_PIXELS = 28;
const LABEL_PERCENT = 44;
const BAR_PERCENT = 38;

/** Widest label drawn, in half widths: a Chinese character is two. The whole one is in its title. */
const LABEL_WIDTH = 18;

export function barChart(view: View, label: string, bars: readonly Bar[]): Html {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const rows = bars.map((bar, index) => {
    const width = ((bar.count / most) * BAR_PERCENT).toFixed(2);
    const y = index * ROW_PIXELS;
    return html`<g
      ><title>${bar.label}: ${numberText(view, bar.count)}</title
      ><svg y="${y}" width="${LABEL_PERCENT - 2}%" height="${ROW_PIXELS}" ${languageOf(bar.label)}>
        <text y="18">${shortened(bar.label)}</text></svg
      ><rect class="${bar.group}" x="${LABEL_PERCENT}%" y="${y + 5}" width="${width}%" height="18" rx="3"></rect
      ><text class="count" x="100%" y="${y + 18}" text-anchor="end">${numberText(view, bar.count)}</text></g
    >`;
  });
  return html`<svg
    class="bars"
    role="img"
    aria-label="${label}: ${bars.map((bar) => `${bar.label} ${bar.count}`).join(", ")}"
    width="100%"
    height="${bars.length * ROW_PIXELS}"
  >
    ${rows}
  </svg>`;
}

function shortened(text: string): string {
  const characters = Array.from(text.replaceAll(/\s+/g, " "));
  let width = 0;
  const end = characters.findIndex((character) => (width += WIDE.test(character) ? 2 : 1) > LABEL_WIDTH);
  return end === -1 ? characters.join("") : `${characters.slice(0, end - 1).join("")}…`;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{3fffd}]/u;

/** A span of time on an axis. */
export interface Span {
  /** Milliseconds since 1970. */
  created: number | null;
  start: number;
  end: number;
}

/** One row of the time axis: waiting is pale, running is full. At least a hair wide, so that a short task is seen. */
export function spanBar(view: View, tone: string, span: Span, axis: { from: number; to: number }): Html {
  const whole = Math.max(1, axis.to - axis.from);
  const at = (time: number) => ((time - axis.from) / whole) * 100;
  const ran = durationText(view, span.end - span.start);
  const waited = span.created !== null && span.created < span.start;
  return html`<svg
    class="span"
    role="img"
    aria-label="${exactText(new Date(span.start).toISOString())}, ${ran}"
    width="100%"
    height="18"
  >
    <title>${exactText(new Date(span.start).toISOString())} · ${ran}</title>
    <line x1="0" x2="100%" y1="9" y2="9"></line>
    ${waited && html`<rect class="waited" x="${at(span.created ?? 0).toFixed(2)}%" y="6" width="${(at(span.start) - at(span.created ?? 0)).toFixed(2)}%" height="6"></rect>`}
    <rect
      data-tone="${tone}"
      x="${Math.min(at(span.start), 99.4).toFixed(2)}%"
      y="2"
      width="${Math.max(0.6, at(span.end) - at(span.start)).toFixed(2)}%"
      height="14"
      rx="3"
    ></rect>
  </svg>`;
}
