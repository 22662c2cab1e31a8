/**
 * A segmentation to look at: the text with each word coloured by its part of speech, a legend that counts parts of
 * speech and singles them out, a search, named entities that show where they are, frequent words, and downloads.
 */
import { html } from "hono/html";
import {
  countPartsOfSpeech,
  frequentWords,
  type Label,
  layOut,
  type Segmentation,
  type Token,
} from "../../../results/segmentation.ts";
import { barChart } from "../charts.ts";
import { card, copyButton, languageOf, named } from "../elements.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { WORD_FORMATS } from "./export.ts";
import { type Occurrence, occurrencesOf } from "./find.ts";
import { groupOf, isStopWord } from "./groups.ts";
import { legend } from "./legend.ts";
import { optionsPath, SHOWN_AS, type SegmentationOptions } from "./options.ts";
import { tableOfWords, textOfWords } from "./words.ts";

/** Bars of a chart; more than these are not read. */
const BARS = 12;

export function segmentationView(view: View, { tokens, labels }: Segmentation, options: SegmentationOptions): Html {
  const { texts } = view;
  if (tokens.length === 0 && labels.length === 0) {
    return card(texts.segmentation, html`<p class="none">${texts.segmentationNone}</p>`);
  }
  const { offsets, segments } = layOut(tokens);
  const isLoose = offsets === "not-trusted";
  const counts = countPartsOfSpeech(tokens);
  const words = { segments, isLoose, found: occurrencesOf(options.query, segments, isLoose) };
  return html`<section class="card segmentation" id="segmentation">
      <div class="head">
        <h2>${texts.segmentation}</h2>
        <p class="hint">${texts.tokens(tokens.length, numberText(view, tokens.length), counts.length)}</p>
        ${viewSwitch(view, options)}
      </div>
      ${legend(view, counts, options)} ${isLoose && html`<p class="hint">${texts.offsetsNotTrusted}</p>`}
      ${options.as !== "table" && finder(view, words.found, options)}
      ${options.as === "table" ? tableOfWords(view, words, options) : textOfWords(view, words, options)}
      ${downloads(view, options)}
    </section>
    <div class="charts">
      ${card(texts.labels, labels.length === 0 ? html`<p class="none">${texts.labelsNone}</p>` : entities(view, labels, options))}
      ${frequentCard(view, tokens, options)}
    </div>`;
}

function viewSwitch({ texts }: View, options: SegmentationOptions): Html {
  const labels = { text: texts.asText, tags: texts.asTags, table: texts.asTable };
  const link = (as: SegmentationOptions["as"]) =>
    html`<a href="${optionsPath(options, { as })}" ${options.as === as && html`aria-current="true"`}>${labels[as]}</a>`;
  return html`<nav class="switch" aria-label="${texts.viewAs}">${SHOWN_AS.map(link)}</nav>`;
}

/** The script searches in place; without it the page comes back with what was found. */
function finder({ texts }: View, found: readonly Occurrence[], options: SegmentationOptions): Html {
  const { path, parts, as, query, withStopWords } = options;
  const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}" />`;
  return html`<form class="finder" id="finder" action="${path}#words" role="search">
    ${parts.map((part) => hidden("pos", part))} ${as !== "text" && hidden("as", as)}
    ${withStopWords && hidden("stop", "yes")}
    <label class="hidden" for="find-word">${texts.findWord}</label>
    <input
      id="find-word"
      name="find"
      type="search"
      value="${query}"
      placeholder="${texts.findWord}"
      autocomplete="off"
    />
    <output id="found" for="find-word" data-none="${texts.wordsFound(0)}" data-some="${texts.wordsFound(null)}"
      >${query !== "" && texts.wordsFound(found.length)}</output
    >
    <a class="button" id="next-found" href="#w${found[0]?.first ?? 0}" ${found.length === 0 && "hidden"}
      >${texts.older}</a
    >
  </form>`;
}

function downloads({ texts }: View, { path }: SegmentationOptions): Html {
  const links = Object.entries(WORD_FORMATS).map(([format, { extension }]) => {
    const href = `${path}/words?format=${format}`;
    const label = texts.wordFormats[format as keyof typeof WORD_FORMATS];
    return html`<li><a href="${href}" download="words.${extension}">${label}</a> ${copyButton(texts, href)}</li>`;
  });
  return html`<details class="later downloads">
    <summary>${texts.exportWords}</summary>
    <ul class="plain">
      ${links}
    </ul>
  </details>`;
}

/** Each entity once, with how often it was sent; a click shows where it is in the text. */
function entities(view: View, labels: readonly Label[], options: SegmentationOptions): Html {
  const categories = new Map<string, Map<string, number>>();
  for (const { category, word } of labels) {
    const words = categories.get(category) ?? new Map<string, number>();
    categories.set(category, words.set(word, (words.get(word) ?? 0) + 1));
  }
  const chip = (word: string, count: number) =>
    html`<a class="pill" href="${optionsPath(options, { as: "text", query: word }, "words")}" data-find="${word}"
      ><span ${languageOf(word)}>${named(word)}</span
      >${count > 1 && html` <span class="count">${numberText(view, count)}</span>`}</a
    >`;
  return html`<dl class="entities">
    ${[...categories].map(
      ([category, words]) =>
        html`<div>
          <dt ${languageOf(category)}>${named(category)}</dt>
          <dd>${[...words].map(([word, count]) => chip(word, count))}</dd>
        </div>`,
    )}
  </dl>`;
}

function frequentCard(view: View, tokens: readonly Token[], options: SegmentationOptions): Html {
  const { texts } = view;
  const { withStopWords } = options;
  const counted = tokens.filter((token) =>
    withStopWords ? groupOf(token.partOfSpeech.code) !== "mark" : !isStopWord(token),
  );
  const bars = frequentWords(counted, BARS).map(({ word, count }) => ({ label: word, count, group: "plain" }));
  return html`<section class="card" id="frequent">
    <div class="head">
      <h2>${texts.chartWords}</h2>
      <a class="note" href="${optionsPath(options, { withStopWords: !withStopWords }, "frequent")}"
        >${withStopWords ? texts.withoutStopWords : texts.withStopWords}</a
      >
    </div>
    ${bars.length === 0 ? html`<p class="none">${texts.none}</p>` : barChart(view, texts.chartWords, bars)}
  </section>`;
}
