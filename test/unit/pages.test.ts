/** The pages as pure functions: what is indented, cut out, drawn and said, and that every value comes out escaped. */
import { describe, expect, test } from "vitest";
import type { ListedJob } from "../../src/wire.ts";
import { barChart, spanBar } from "../../src/ui/views/charts.ts";
import { breakable, curlOf, durationText, relativeTime, sizeText, stateBadge } from "../../src/ui/views/elements.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import { reasonInChinese } from "../../src/ui/texts/reasons-zh.ts";
import { excerptOf, offsetsOf } from "../../src/ui/views/excerpt.ts";
import { document, edited, holds } from "../fixtures/generated.ts";
import { pretty } from "../../src/ui/views/pretty.ts";
import { shapeOf } from "../../src/ui/views/schema-text.ts";
import { segmentationView } from "../../src/ui/views/segmentation/card.ts";
import { WORD_FORMATS } from "../../src/ui/views/segmentation/export.ts";
import type { SegmentationOptions } from "../../src/ui/views/segmentation/options.ts";
import { timeline } from "../../src/ui/views/timeline.ts";
import { tree } from "../../src/ui/views/tree.ts";
import { textsOf, type View } from "../../src/ui/view.ts";
import { readSegmentation } from "../../src/results/segmentation.ts";

const viewIn = (language: "en" | "zh"): View => ({
  language,
  texts: textsOf(language),
  origin: "https://receiver.example",
  here: "/",
  isSignedIn: true,
  now: Date.parse("2026-03-01T12:00:00Z"),
  assets: { style: "", script: "", icon: "" },
  hasEvents: false,
  quarantined: null,
});
const view = viewIn("en");

const markupOf = (html: unknown): string => String(html);

/** Markup without the line breaks that templates have inside tags. */
const flat = (markup: unknown): string => String(markup).replace(/\s+/g, " ").replaceAll(" >", ">");

describe("a body indented for reading", () => {
  test("has each member of JSON on a line, and every character of its strings and numbers", () => {
    const body = '{"a":{"Word":"{ \\"x\\": 1 }","n":1.50e2},"none":[],"list":[{"b":"," },null]}';
    expect(pretty(body, "json")).toBe(
      [
        "{",
        '  "a": {',
        '    "Word": "{ \\"x\\": 1 }",',
        '    "n": 1.50e2',
        "  },",
        '  "none": [],',
        '  "list": [',
        "    {",
        '      "b": ","',
        "    },",
        "    null",
        "  ]",
        "}",
      ].join("\n"),
    );
  });

  test("has each element of XML on a line, its leaves with their text, and references as they came", () => {
    const body =
      '<?xml version="1.0"?><Response><a>  &amp; &#20170; </a><b/><!-- <c> --><d></d><e><f>1</f></e></Response>';
    expect(pretty(body, "xml")).toBe(
      [
        '<?xml version="1.0"?>',
        "<Response>",
        "  <a>  &amp; &#20170; </a>",
        "  <b/>",
        "  <!-- <c> -->",
        "  <d></d>",
        "  <e>",
        "    <f>1</f>",
        "  </e>",
        "</Response>",
      ].join("\n"),
    );
  });

  test.each(["", "]]}}", '"', "</a></b>", "<a", "<", '{"a": "unclosed'])(
    "is something for %j, whatever it is",
    (body) => {
      expect(typeof pretty(body, "json")).toBe("string");
      expect(typeof pretty(body, "xml")).toBe("string");
    },
  );
});

describe("an excerpt", () => {
  test("is the line of the fault, with the character at fault apart, between the lines around it", () => {
    expect(excerptOf("1\n<a>\n \n  <b>AT&T</b>\r\n</a>\n", 4, 8)).toEqual({
      above: [
        { number: 2, text: "<a>" },
        { number: 3, text: " " },
      ],
      number: 4,
      before: "  <b>AT",
      at: "&",
      after: "T</b>",
      below: [
        { number: 5, text: "</a>" },
        { number: 6, text: "" },
      ],
    });
  });

  test("counts characters, not halves of them", () => {
    expect(excerptOf("😀😀x", 1, 3)).toMatchObject({ before: "😀😀", at: "x", after: "" });
    expect(offsetsOf("a\r\n😀😀x", 2, 2)).toEqual([5, 7]);
  });

  test("is cut on both sides of a long line, and lines around it are cut at their end", () => {
    const long = "a".repeat(500);
    const found = excerptOf(`${long}\n${long}X${long}`, 2, 501);
    expect(found).toMatchObject({ before: `…${"a".repeat(60)}`, at: "X", after: `${"a".repeat(60)}…` });
    expect(found?.above).toEqual([{ number: 1, text: `${"a".repeat(120)}…` }]);
  });

  test("marks the end where a body ends too early", () => {
    expect(excerptOf("<a>", 1, 4)).toMatchObject({ before: "<a>", at: "", after: "" });
    expect(offsetsOf("<a>", 1, 4)).toEqual([3, 3]);
  });

  test.each([
    [null, null],
    [1, null],
    [7, 1],
  ])("is none where no such place is: line %j, column %j", (line, column) => {
    expect([excerptOf("plain text", line, column), offsetsOf("plain text", line, column)]).toEqual([null, null]);
  });
});

describe("the reason of a failure in Chinese", () => {
  test.each([
    ["Expected `</b>`, found `</a>`.", "应为 `</b>`，实际为 `</a>`。"],
    ['Expected a name after `<`, found " ".', '应为 `<` 之后的名称，实际为 " "。'],
    ["Expected the end of the body, found a second root element, `<b>`.", "应为内容结尾，实际为第二个根元素 `<b>`。"],
    ['Expected "," or "}", found the end of the body.', '应为 "," 或 "}"，实际为内容结尾。'],
    ["Elements are nested deeper than 100 levels.", "元素嵌套超过 100 层。"],
    ["An older reader.", null],
  ])("%s", (reason, says) => {
    expect(reasonInChinese(reason)).toBe(says);
  });

  test("is there for whatever the reader of XML says of scraps of markup", () => {
    const reasons = new Set<string>();
    holds(
      edited(document),
      (text) => {
        const read = readStrictXml(text);
        if (!read.ok) reasons.add(read.error.reason);
      },
      2_000,
    );
    expect(reasons.size).toBeGreaterThan(20);
    for (const reason of reasons) expect(reasonInChinese(reason)).not.toMatch(/[^`"<>\s\w] ?(?:a|the|of|after|in) /);
  });
});

test.each([
  [0, "0 s"],
  [850, "850 ms"],
  [4_000, "4 s"],
  [80_000, "1 min 20 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
  [-4_000, "−4 s"],
])("%i milliseconds are %s", (milliseconds, says) => {
  expect(durationText(view, milliseconds)).toBe(says);
});

test.each([
  [512, "512 B"],
  [14_541, "14.2 KiB"],
  [3_250_586, "3.1 MiB"],
])("%i bytes are %s", (bytes, says) => {
  expect(sizeText(bytes)).toBe(says);
});

test("a time says how long ago, and exactly on hover, in the reader's language", () => {
  const iso = "2026-03-01T11:58:00Z";
  const said = (text: string) => `<time datetime="${iso}" title="2026-03-01 11:58:00 UTC" data-relative>${text}</time>`;
  expect(markupOf(relativeTime(view, iso))).toBe(said("2 minutes ago"));
  expect(markupOf(relativeTime(viewIn("zh"), iso))).toBe(said("2分钟前"));
});

test.each([
  ["Success", "good", "Success", "成功"],
  ["Failed", "bad", "Failed", "失败"],
  ["Running", "busy", "Running", "执行中"],
  ["Snoozing", "busy", "Snoozing", "Snoozing"],
  ["constructor", "busy", "constructor", "constructor"],
  [null, "still", "Unknown", "未知"],
])("state %j is %s, and has its words in both languages", (state, tone, inEnglish, inChinese) => {
  const badge = (text: string) =>
    `<span class="badge" data-tone="${tone}" title="${state ?? ""}"><span>${text}</span></span>`;
  expect([flat(stateBadge(view, state)), flat(stateBadge(viewIn("zh"), state))]).toEqual([
    badge(inEnglish),
    badge(inChinese),
  ]);
});

test("an object's name breaks after its slashes, and nowhere is it markup", () => {
  expect(markupOf(breakable("a/<b>/c"))).toBe("<bdi>a/<wbr />&lt;b&gt;/<wbr />c</bdi>");
});

test.each([
  [null, "after 6 s"],
  ["2026-03-01T11:00:02Z", "ran 4 s"],
])("of a job that started at %s the timeline says at its end: %s", (startedAt, says) => {
  const times = { createdAt: "2026-03-01T11:00:00Z", startedAt, endedAt: "2026-03-01T11:00:06Z" };
  const job = { ...times, delivery: { receivedAt: "2026-03-01T11:00:07Z" } } as ListedJob;
  const notes = [...markupOf(timeline(view, job)).matchAll(/class="note">([^<]*)</g)].map(([, note]) => note);
  expect(notes).toEqual([...(startedAt === null ? [] : ["waited 2 s"]), says, "after 1 s"]);
});

test("a line for the shell holds whatever an id has in it", () => {
  expect(curlOf("https://receiver.example", "/jobs/a'; rm -rf ~")).toBe(
    `curl -H "Authorization: Bearer $LOOKUP_TOKEN" 'https://receiver.example/jobs/a%27; rm -rf ~'`,
  );
});

describe("a tree", () => {
  test("shows addresses as text, and fetches and links nothing", () => {
    const shown = markupOf(tree(view, { Output: { Object: "http://media.example/a.png" }, Empty: "" }));
    expect(shown).toContain('<span class="leaf">http://media.example/a.png</span>');
    expect(shown).not.toMatch(/<a |<img|src=|href=/);
  });

  test("says how much it leaves out of a very large one", () => {
    const items = Array.from({ length: 5_000 }, (_, index) => ({ Index: String(index) }));
    const shown = markupOf(tree(view, { Items: items }));
    expect(shown.match(/<dt>Index/g)).toHaveLength(999);
    expect(shown).toContain("and 8001 more");
  });
});

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
        '<i title="1 character that no word covers"> </i>' +
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
      /href="\/ui\/jobs\/a\?find=%E6%89%93%E8%BD%A6#words" data-find="打车"><bdi>打车<\/bdi> <span class="count">2</,
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

describe("charts", () => {
  test("draw bars as shares of the longest, and cut long labels", () => {
    const chart = flat(
      barChart(view, "Words", [
        { label: "a".repeat(30), count: 1_000, group: "noun" },
        { label: "<b>", count: 250, group: "verb" },
      ]),
    );
    expect(
      [...chart.matchAll(/<rect class="(\w+)" x="44%" y="\d+" width="([\d.]+)%"/g)].map(([, ...bar]) => bar),
    ).toEqual([
      ["noun", "38.00"],
      ["verb", "9.50"],
    ]);
    expect(chart).toContain(`<text y="18">${"a".repeat(17)}…</text>`);
    expect(chart).toContain('<text y="18">&lt;b&gt;</text>');
  });

  test("draw a task on the axis of its run, with its waiting pale", () => {
    const bar = flat(spanBar(view, "good", { created: 0, start: 25_000, end: 75_000 }, { from: 0, to: 100_000 }));
    expect(bar).toContain('<rect class="waited" x="0.00%" y="6" width="25.00%" height="6">');
    expect(bar).toContain('<rect data-tone="good" x="25.00%" y="2" width="50.00%" height="14" rx="3">');
  });
});

test("a schema reads like a type, with what it refers to in its place", () => {
  const named = {
    Page: {
      type: "object",
      properties: { next: { anyOf: [{ type: "string" }, { type: "null" }] } },
      required: ["next"],
    },
  };
  const schema = {
    type: "object",
    properties: { page: { $ref: "#/components/schemas/Page" }, ids: { type: "array", items: { type: "string" } } },
  };
  expect(shapeOf(schema, named)).toBe("{\n  page?: {\n    next: string | null;\n  };\n  ids?: string[];\n}");
});
