/** The pages as pure functions: what is indented, cut out, drawn and said, and that every value comes out escaped. */
import { describe, expect, test } from "vitest";
import type { ListedJob } from "../../src/wire.ts";
import { barChart, spanBar } from "../../src/ui/views/charts.ts";
import {
  breakable,
  curlOf,
  durationText,
  relativeTime,
  shortTime,
  sizeText,
  stateBadge,
} from "../../src/ui/views/elements.ts";
import { readStrictXml } from "../../src/callback/strict-xml.ts";
import { zh } from "../../src/ui/texts/zh.ts";
import { excerptOf, offsetsOf } from "../../src/ui/views/excerpt.ts";
import { document, edited, holds } from "../fixtures/generated.ts";
import { flat, markupOf, viewIn } from "./view.ts";
import { pretty } from "../../src/ui/views/pretty.ts";
import { shapeOf } from "../../src/ui/views/schema-text.ts";
import { timeline } from "../../src/ui/views/timeline.ts";
import { tree } from "../../src/ui/views/tree.ts";

const view = viewIn("en");

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
    expect(zh.reason(reason)).toBe(says);
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
    for (const reason of reasons) expect(zh.reason(reason)).not.toMatch(/[^`"<>\s\w] ?(?:a|the|of|after|in) /);
  });
});

test.each([
  [0, "< 1 s"],
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
  expect(markupOf(shortTime(view, iso))).toBe(said("2 min. ago").replace("data-relative", 'data-relative="short"'));
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
