/** A segmentation as a page: its words, what is found in them and counted of them, and the files that they come as. */
import { describe, expect, test } from "vitest";
import { readSegmentation } from "../../src/results/segmentation.ts";
import { segmentationView } from "../../src/ui/views/segmentation/card.ts";
import { WORD_FORMATS } from "../../src/ui/views/segmentation/export.ts";
import type { SegmentationOptions } from "../../src/ui/views/segmentation/options.ts";
import { flat, markupOf, viewIn } from "./view.ts";

const token = (Word: string, Offset: number, Pos: string) => ({ Word, Offset, Length: [...Word].length, Pos });

const readTokens = (tokens: object[], labels: object[] = []) => {
  const result = { WordsGeneralizeToken: tokens, WordsGeneralizeLable: labels };
  const segmentation = readSegmentation({ detail: { Operation: { WordsGeneralizeResult: result } } });
  if (segmentation === null) throw new Error("no segmentation");
  return segmentation;
};

const OPTIONS: SegmentationOptions = { parts: [], as: "text", query: "", withStopWords: false, path: "/ui/jobs/a" };

function shownSegmentation(
  tokens: object[],
  options: Partial<SegmentationOptions> = {},
  language: "en" | "zh" = "en",
  labels: object[] = [],
): string {
  return markupOf(segmentationView(viewIn(language), readTokens(tokens, labels), { ...OPTIONS, ...options }));
}

const wordsOf = (page: string): string => /<p\s+class="words.*?<\/p\s*>/s.exec(page)?.[0] ?? "";

describe("a segmentation", () => {
  const tokens = [token("今天", 0, "t"), token("打车", 2, "V"), token("60", 5, "nx")];

  test("stands together without space, a gap where no word is, and each word with what it is", () => {
    expect(flat(wordsOf(shownSegmentation(tokens))).replaceAll("</p >", "</p>")).toBe(
      '<p class="words" id="words" role="group" aria-label="The text" lang="zh-Hans">' +
        '<span class="time" id="w0" tabindex="0" data-p="t" data-d="今天 · offset 0 · length 2 · time word (t)">今天</span>' +
        '<span class="verb" id="w1" data-p="v" data-d="打车 · offset 2 · length 2 · verb (v)">打车</span>' +
        '<i title="1 character outside any word"> </i>' +
        '<span class="other" id="w2" data-p="nx" data-d="60 · offset 5 · length 2 · non-Chinese string (nx)">60</span></p>',
    );
  });

  test("has the tags under its words where the reader wants them", () => {
    const page = wordsOf(shownSegmentation(tokens, { as: "tags" }));
    expect(page).toContain('data-d="打车 · offset 2 · length 2 · verb (v)">打车<rt>v</rt></ruby>');
  });

  test("dims what is not chosen", () => {
    expect(wordsOf(shownSegmentation(tokens, { parts: ["v"] })).match(/class="[a-z]+ dim"/g)).toEqual([
      'class="time dim"',
      'class="other dim"',
    ]);
  });

  test.each([
    ["天打", ["time", "verb"], "1 found"],
    ["6", ["other"], "1 found"],
    ["车60", [], "not found"],
    ["车 60", [], "not found"],
  ])("marks where %s is, over words but not over a gap", (query, hits, says) => {
    const page = shownSegmentation(tokens, { query });
    expect([...page.matchAll(/class="([a-z]+) hit"/g)].map(([, group]) => group)).toEqual(hits);
    expect(page).toMatch(new RegExp(`<output[^>]*>${says}</output`));
  });

  test("has each entity once, with its count and a way to where it is", () => {
    const labels = [
      { Category: "交通", Word: "打车" },
      { Category: "时间", Word: "今天" },
      { Category: "交通", Word: "打车" },
    ];
    const page = flat(shownSegmentation(tokens, {}, "en", labels));
    expect(page.match(/data-find="打车"/g)).toHaveLength(1);
    expect(page).toMatch(
      /href="\/ui\/jobs\/a\?find=%E6%89%93%E8%BD%A6#words" data-find="打车"><span lang="zh-Hans"><bdi>打车<\/bdi><\/span> <span class="count">2</,
    );
  });

  test("leaves words that say little out of the frequent ones, unless asked", () => {
    const words = [
      token("的", 0, "u"),
      token("是", 1, "v"),
      token("我", 2, "r"),
      token("电影", 3, "n"),
      token("。", 5, "w"),
    ];
    const barsOf = (page: string) => [...page.matchAll(/<text y="18">([^<]+)</g)].map(([, label]) => label);
    expect(barsOf(shownSegmentation(words))).toEqual(["电影"]);
    expect(barsOf(shownSegmentation(words, { withStopWords: true }))).toEqual(["的", "是", "我", "电影"]);
  });

  test("gives names of people, places and organisations colours of their own", () => {
    const names = ["nr", "nrf", "ns", "nt", "nz", "n"].map((pos, at) => token("名", at, pos));
    const classes = [...wordsOf(shownSegmentation(names)).matchAll(/<span class="([a-z-]+)" id/g)].map(
      ([, group]) => group,
    );
    expect(classes).toEqual(["person", "person", "place-name", "organisation", "other-name", "noun"]);
  });

  test("leads from each row of the table to its word in the text", () => {
    const page = shownSegmentation(tokens, { as: "table", parts: ["nx"] });
    expect(page).toContain('<a href="/ui/jobs/a#w2" aria-label="Word 3 in the text">3</a>');
  });

  test("says so where offsets are of another text, and sets the words a little apart", () => {
    const page = shownSegmentation([token("Today", 0, "t"), token("taxi", 2, "v")]);
    expect(page).toContain("The offsets do not fit these words");
    expect(flat(wordsOf(page))).toContain('<p class="words loose"');
  });

  test("shows a word and a code that are markup as text", () => {
    const hostile = '"><script>';
    const page = shownSegmentation([token('<img src=x onerror="a">', 0, hostile)], { parts: [hostile], query: "<img" });
    expect(page).not.toMatch(/<img|<script/);
    expect(wordsOf(page)).toContain('data-p="&quot;&gt;&lt;script&gt;"');
  });

  test("names parts of speech in Chinese", () => {
    expect(wordsOf(shownSegmentation(tokens, {}, "zh"))).toContain('data-d="打车 · 偏移 2 · 长度 2 · 动词 (v)"');
  });
});

describe("the words as a file", () => {
  const { tokens } = readTokens([
    token("他", 0, "r"),
    token('说"好,', 1, "v"),
    token("。", 5, "w"),
    token("a\tb c", 7, "NX"),
    { Word: "end", Pos: "x" },
  ]);
  // One token has no offset, so that all stand in the order sent.
  test("of tab-separated values has each word on a line, without the tabs of its own", () => {
    expect(WORD_FORMATS.tsv.textOf(tokens)).toBe(
      'word\toffset\tlength\tpos\n他\t0\t1\tr\n说"好,\t1\t4\tv\n。\t5\t1\tw\na b c\t7\t5\tnx\nend\t\t\tx\n',
    );
  });

  test("of comma-separated values has each word exactly", () => {
    expect(WORD_FORMATS.csv.textOf(tokens)).toBe(
      '\ufeffword,offset,length,pos\r\n他,0,1,r\r\n"说""好,",1,4,v\r\n。,5,1,w\r\na\tb c,7,5,nx\r\nend,,,x\r\n',
    );
  });

  test("of CoNLL-U has a sentence for each end of one, and where each word was", () => {
    expect(WORD_FORMATS.conllu.textOf(tokens.slice(0, 4))).toBe(
      [
        "# sent_id = 1",
        '# text = 他说"好,。',
        "1\t他\t_\t_\tr\t_\t_\t_\t_\tSpaceAfter=No|Offset=0",
        '2\t说"好,\t_\t_\tv\t_\t_\t_\t_\tSpaceAfter=No|Offset=1',
        "3\t。\t_\t_\tw\t_\t_\t_\t_\tSpaceAfter=No|Offset=5",
        "",
        "# sent_id = 2",
        "# text = a b c",
        "1\ta b c\t_\t_\tnx\t_\t_\t_\t_\tSpaceAfter=No|Offset=7",
        "",
        "",
      ].join("\n"),
    );
  });

  test("of text has spaces between the words alone, and their tags where wanted", () => {
    expect(WORD_FORMATS.text.textOf(tokens)).toBe('他 说"好, 。 a␣b␣c end\n');
    expect(WORD_FORMATS.tagged.textOf(tokens)).toBe('他/r 说"好,/v 。/w a␣b␣c/nx end/x\n');
  });
});
