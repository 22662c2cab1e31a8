/**
 * A segmentation to look at: the text with each word coloured by its part of speech, a legend that singles parts of
 * speech out, named entities, and two charts. A word says what it is on hover and on focus by the stylesheet alone;
 * the script makes the words one stop of the Tab key, moves among them with the arrows, and filters in place.
 * Each word costs about 100 bytes of page, so the markup of a word is kept short.
 */
import { html } from "hono/html";
import {
  countPartsOfSpeech,
  frequentWords,
  type Layout,
  labelsByCategory,
  type PartOfSpeech,
  type Segment,
  type Segmentation,
  type Token,
} from "../../results/segmentation.ts";
import { barChart } from "./charts.ts";
import { BREAK } from "./elements.ts";
import { type Html, numberText, type View } from "../view.ts";

/** What the reader has chosen, from the address. */
export interface SegmentationOptions {
  /** Codes of the parts of speech to single out; empty for all. */
  parts: readonly string[];
  as: "text" | "table";
  /** The page's path, without a query. */
  path: string;
}

/** Bars of a chart; more than these are not read. */
const BARS = 12;

export function segmentationView(
  view: View,
  { tokens, labels }: Segmentation,
  { offsets, segments }: Layout,
  options: SegmentationOptions,
): Html {
  const { texts } = view;
  if (tokens.length === 0 && labels.length === 0) {
    return html`<section class="card">
      <h2>${texts.segmentation}</h2>
      <p class="none">${texts.segmentationNone}</p>
    </section>`;
  }
  const counts = countPartsOfSpeech(tokens);
  const content = tokens.filter(({ partOfSpeech }) => groupOf(partOfSpeech.code) !== "mark");
  const partBars = counts.slice(0, BARS).map(({ partOfSpeech, count }) => ({
    label: nameOf(view, partOfSpeech),
    count,
    group: groupOf(partOfSpeech.code),
  }));
  const wordBars = frequentWords(content, BARS).map(({ word, count }) => ({ label: word, count, group: "plain" }));
  return html`<section class="card segmentation" id="segmentation">
      <div class="head">
        <h2>${texts.segmentation}</h2>
        <p class="hint">${texts.tokens(tokens.length, numberText(view, tokens.length), counts.length)}</p>
        ${viewSwitch(view, options)}
      </div>
      ${legend(view, counts, options)}
      ${offsets === "not-trusted" && html`<p class="hint">${texts.offsetsNotTrusted}</p>`}
      ${options.as === "table" ? table(view, tokens, options) : text(view, segments, offsets === "not-trusted", options)}
    </section>
    <section class="card">
      <h2>${texts.labels}</h2>
      ${labels.length === 0 ? html`<p class="none">${texts.labelsNone}</p>` : entities(labels)}
    </section>
    <div class="charts">
      <section class="card">
        <h2>${texts.chartParts}</h2>
        ${barChart(view, texts.chartParts, partBars)}
      </section>
      <section class="card">
        <h2>${texts.chartWords}</h2>
        ${barChart(view, texts.chartWords, wordBars)}
      </section>
    </div>`;
}

/** Codes that share a colour: by their first letter, but names apart from nouns. */
const GROUPS: Record<string, string> = {
  n: "noun",
  v: "verb",
  a: "adjective",
  b: "adjective",
  z: "adjective",
  d: "adverb",
  t: "time",
  s: "place",
  f: "place",
  m: "number",
  q: "number",
  r: "pronoun",
  i: "phrase",
  j: "phrase",
  l: "phrase",
  w: "mark",
  p: "function",
  c: "function",
  u: "function",
  y: "function",
  e: "function",
  o: "function",
  h: "function",
  k: "function",
};
const NAMES = new Set(["nr", "nrf", "nrg", "ns", "nt", "nz"]);

function groupOf(code: string): string {
  const known = code.toLowerCase();
  if (NAMES.has(known)) return "name";
  return known === "unk" || known === "nx" ? "other" : (GROUPS[known.slice(0, 1)] ?? "other");
}

/** `verb (v)`; a code without a name stands for itself. */
const nameOf = ({ language }: View, part: PartOfSpeech): string =>
  part[language] === part.code ? part.code : `${part[language]} (${part.code})`;

const optionsPath = ({ path, as }: SegmentationOptions, parts: readonly string[]): string => {
  const query = new URLSearchParams(parts.map((part) => ["pos", part]));
  if (as === "table") query.set("as", as);
  return `${query.size === 0 ? path : `${path}?${query.toString()}`}#segmentation`;
};

function viewSwitch({ texts }: View, options: SegmentationOptions): Html {
  const link = (as: SegmentationOptions["as"], label: string) =>
    html`<a href="${optionsPath({ ...options, as }, options.parts)}" ${options.as === as && html`aria-current="true"`}
      >${label}</a
    >`;
  return html`<nav class="switch" aria-label="${texts.viewAs}">
    ${link("text", texts.asText)}${link("table", texts.asTable)}
  </nav>`;
}

function legend(view: View, counts: ReturnType<typeof countPartsOfSpeech>, options: SegmentationOptions): Html {
  const { texts } = view;
  const { parts } = options;
  const key = ({ partOfSpeech: part, count }: (typeof counts)[number]) => {
    const isChosen = parts.includes(part.code);
    const others = isChosen ? parts.filter((other) => other !== part.code) : [...parts, part.code];
    return html`<li>
      <a
        class="key ${groupOf(part.code)}"
        href="${optionsPath(options, others)}"
        data-part="${part.code}"
        ${isChosen && html`aria-current="true"`}
        >${nameOf(view, part)} <span class="count">${numberText(view, count)}</span></a
      >
    </li>`;
  };
  return html`<nav class="legend" id="legend" aria-label="${texts.legend}">
    <ul>
      ${counts.map(key)}
      <li>
        <a class="all" href="${optionsPath(options, [])}" data-part="" ${parts.length === 0 && "hidden"}
          >${texts.showAll}</a
        >
      </li>
    </ul>
    <p class="hint">${texts.legendHint}</p>
  </nav>`;
}

/** Words up to this stay on one line, in characters. */
const UNBROKEN_CHARACTERS = 24;

const HAN = /\p{Script=Han}/u;

/** Words stand without space between, as Chinese does; where their order is all that is known, a little apart. */
function text(view: View, segments: readonly Segment[], isLoose: boolean, { parts }: SegmentationOptions): Html {
  const isChinese = segments.some((segment) => segment.kind === "word" && HAN.test(segment.token.word));
  const names = new Map<PartOfSpeech, string>();
  const nameOnce = (part: PartOfSpeech): string => {
    const name = names.get(part) ?? nameOf(view, part);
    names.set(part, name);
    return name;
  };
  const pieces = segments.map((segment) => {
    if (segment.kind === "gap") return gap(view, segment.length);
    const { word, offset, length, partOfSpeech: part } = segment.token;
    const says = view.texts.tokenSays(word, String(offset ?? "?"), String(length ?? "?"), nameOnce(part));
    const isDim = parts.length > 0 && !parts.includes(part.code);
    const classes = `${groupOf(part.code)}${isDim ? " dim" : ""}${word.length > UNBROKEN_CHARACTERS ? " long" : ""}`;
    const span = wordSpan(classes, part.code, says, word);
    return isLoose ? [BREAK, span] : span;
  });
  const kind = isLoose ? "words loose" : "words";
  const label = view.texts.text;
  const language = isChinese && html`lang="zh"`;
  return html`<p class="${kind}" id="words" role="group" aria-label="${label}" ${language}>${pieces}</p>`;
}

/** On one line: white space inside the paragraph would be seen, and ten thousand times anything is felt. */
const wordSpan = (classes: string, code: string, says: string, word: string): Html =>
  html`<span class="${classes}" tabindex="0" data-p="${code}" data-d="${says}">${word}</span>`;

/** Characters between two words are counted and not known: a space where it is one, which it mostly is. */
const gap = ({ texts }: View, length: number): Html =>
  html`<i title="${texts.gap(length)}">${length === 1 ? " " : " … "}</i>`;

function table(view: View, tokens: readonly Token[], { parts }: SegmentationOptions): Html {
  const { texts } = view;
  const shown = parts.length === 0 ? tokens : tokens.filter((token) => parts.includes(token.partOfSpeech.code));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${texts.segmentation}">
    <table>
      <thead>
        <tr>
          <th scope="col">${texts.word}</th>
          <th scope="col" class="number">${texts.offset}</th>
          <th scope="col" class="number">${texts.length}</th>
          <th scope="col">${texts.partOfSpeech}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ word, offset, length, partOfSpeech }) =>
            html`<tr>
              <td class="word">${word}</td>
              <td class="number">${offset ?? "?"}</td>
              <td class="number">${length ?? "?"}</td>
              <td>${nameOf(view, partOfSpeech)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const entities = (labels: Segmentation["labels"]): Html =>
  html`<dl class="entities">
    ${[...labelsByCategory(labels)].map(
      ([category, words]) =>
        html`<div>
          <dt>${category}</dt>
          <dd>${words.map((word) => html`<span class="pill">${word}</span> `)}</dd>
        </div>`,
    )}
  </dl>`;
