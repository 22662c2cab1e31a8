/** The verdict of a moderation, the scenes that it is made of, and the parts of the content that did not pass. */
import { html } from "hono/html";
import { hitsOf, type ListHit, type ModeratedPart, type ModerationResult } from "../../../results/moderation.ts";
import type { Scene } from "../../../results/moderation-scenes.ts";
import type { Html, View } from "../../view.ts";
import { exactText, type Fact, facts, languageOf, nameWith } from "../elements.ts";
import { clockSpan, group, joined, rows, scoreBar, verdictBadge } from "./parts.ts";

export function moderationView(view: View, result: ModerationResult): Html {
  const words = view.texts.results;
  const { label, subLabel, category, score, scenes, parts, text, freeze, lists } = result;
  const hits = hitsOf(result);
  return html`${facts([
    [words.verdict, verdictBadge(view, result.verdict)],
    [words.label, label === null ? null : nameWith(words.scenes, label)],
    [words.category, category],
    [words.subLabel, subLabel],
    [words.score, score === null ? null : scoreBar(view, words.score, score)],
    [words.freeze, freeze === null ? null : words.freezes[freeze]],
    [words.lists, lists.length === 0 ? null : joined(lists.map((hit) => listText(view, hit)))],
    [words.textFound, text === "" ? null : text],
  ])}
  ${group(
    words.scene,
    scenes.length > 0,
    html`<ul class="rows scores">
      ${rows(view, worstFirst(scenes), (scene) => sceneRow(view, scene))}
    </ul>`,
  )}
  ${parts.length > 0 && html`<p class="hint">${words.partsLookedAt(result.partCount ?? parts.length, hits.length)}</p>`}
  ${group(
    words.partsHit,
    hits.length > 0,
    html`<ol class="hits">
      ${rows(view, hits, (part) => partRow(view, part))}
    </ol>`,
  )}`;
}

const SEVERITY = { block: 0, review: 1, pass: 2 } as const;

/** Scenes alike in verdict stay in the order sent. */
const worstFirst = (scenes: readonly Scene[]): Scene[] => {
  const rankOf = ({ verdict }: Scene) => (verdict === null ? 3 : SEVERITY[verdict]);
  return scenes.toSorted((a, b) => rankOf(a) - rankOf(b));
};

const listText = ({ texts: { results } }: View, { list, name, entity }: ListHit): string | null => {
  const kind = list === null ? null : results.listKinds[list];
  const what = [name, entity].filter((text) => text !== null).join(": ");
  return kind === null ? what : `${kind} ${what}`;
};

function sceneRow(view: View, scene: Scene): Html {
  const words = view.texts.results;
  const { name, verdict, label, subLabel, category, score, count } = scene;
  const about = joined([label === name ? null : label, category, subLabel]);
  const found = sceneFacts(view, scene);
  return html`<li>
    <span class="score-name"
      >${nameWith(words.scenes, name)}${about !== null && html` <span class="note">${about}</span>`}</span
    >
    ${verdictBadge(view, verdict)}
    ${
      score !== null
        ? scoreBar(view, `${words.score}: ${name}`, score)
        : html`<span class="count">${count !== null && `${words.hits} ${count}`}</span>`
    }
    ${found.length > 0 && html`<div class="found">${facts(found)}</div>`}
  </li>`;
}

/** What a scene found, where it says. */
function sceneFacts({ texts: { results } }: View, { keywords, texts, objects, libraryHits }: Scene): Fact[] {
  const all = [...keywords, ...texts.flatMap((found) => found.keywords)];
  const rowOf = (name: string, values: readonly (string | null)[]): Fact[] => {
    const value = joined([...new Set(values)]);
    return value === null ? [] : [[name, value]];
  };
  return [
    ...rowOf(results.keywords, all),
    ...rowOf(
      results.textFound,
      texts.map((found) => found.text),
    ),
    ...rowOf(
      results.recognized,
      objects.map((found) => found.name),
    ),
    ...rowOf(
      results.library,
      libraryHits.map(({ library, imageId, keywords: matched }) => joined([library, imageId, ...matched])),
    ),
  ];
}

/** An address is text here, as everywhere: nothing is linked or fetched. */
function partRow(view: View, part: ModeratedPart): Html {
  const words = view.texts.results;
  const hit = part.scenes.filter(({ verdict }) => verdict === "block" || verdict === "review");
  return html`<li>
    <p class="hit-head">
      ${verdictBadge(view, part.verdict)} <strong>${words.partKinds[part.kind]}</strong>
      <span class="note">${placeOf(view, part)}</span>
    </p>
    ${part.text !== null && html`<p class="quote" ${languageOf(part.text)}>${part.text}</p>`}
    ${part.url !== null && html`<p class="note"><code>${part.url}</code></p>`}
    ${
      hit.length > 0 &&
      html`<ul class="rows scores">
        ${hit.map((scene) => sceneRow(view, scene))}
      </ul>`
    }
  </li>`;
}

function placeOf({ texts: { results } }: View, part: ModeratedPart): string | null {
  const { startSeconds, durationSeconds, takenAt, startCharacter, page, sheet } = part;
  const end = startSeconds === null || durationSeconds === null ? null : startSeconds + durationSeconds;
  return joined([
    clockSpan(startSeconds, end),
    takenAt === null ? null : exactText(takenAt),
    startCharacter === null ? null : results.fromCharacter(startCharacter),
    sheet === null ? null : results.sheet(sheet),
    page === null ? null : results.page(page),
  ]);
}
