/** The parts of speech that a text has, each with its count and a bar, and a link that singles it out. */
import { html } from "hono/html";
import type { PartOfSpeech } from "../../../results/segmentation.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { groupOf, nameOf } from "./groups.ts";
import { optionsPath, type SegmentationOptions } from "./options.ts";

export interface PartCount {
  partOfSpeech: PartOfSpeech;
  count: number;
}

/** Folded on a narrow screen, unless something is chosen: the stylesheet shows it on a wide one. */
export function legend(view: View, counts: readonly PartCount[], options: SegmentationOptions): Html {
  const { texts } = view;
  const { parts } = options;
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return html`<details class="legend" id="legend" ${parts.length > 0 && "open"}>
    <summary>${texts.legend}</summary>
    <ul>
      ${counts.map((part) => html`<li>${key(view, part, most, options)}</li>`)}
      <li>
        <a class="all" href="${optionsPath(options, { parts: [] })}" data-part="" ${parts.length === 0 && "hidden"}
          >${texts.showAll}</a
        >
      </li>
    </ul>
    <p class="hint">${texts.legendHint}</p>
  </details>`;
}

function key(view: View, { partOfSpeech: part, count }: PartCount, most: number, options: SegmentationOptions): Html {
  const { parts } = options;
  const isChosen = parts.includes(part.code);
  const others = isChosen ? parts.filter((other) => other !== part.code) : [...parts, part.code];
  return html`<a
    class="key ${groupOf(part.code)}"
    href="${optionsPath(options, { parts: others })}"
    data-part="${part.code}"
    ${isChosen && html`aria-current="true"`}
    ><span>${nameOf(view, part)} <span class="count">${numberText(view, count)}</span></span
    ><svg class="share" aria-hidden="true" width="100%" height="4">
      <rect width="${((count / most) * 100).toFixed(1)}%" height="4"></rect></svg
  ></a>`;
}
