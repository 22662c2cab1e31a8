import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import {
  countPartsOfSpeech,
  frequentWords,
  labelsByCategory,
  layOut,
  PARTS_OF_SPEECH,
  partOfSpeech,
  readSegmentation,
  type Segment,
  textOf,
  type Token,
} from "../../src/results/segmentation.ts";
import { bytesOf, published, UNLESS_SKIPPED } from "./published.ts";

/** A token as it should be: its length is its word's in code points. */
const token = (offset: number | null, word: string, changes: Partial<Token> = {}): Token => ({
  word,
  offset,
  length: [...word].length,
  partOfSpeech: partOfSpeech("n"),
  ...changes,
});

/** 今天打车花60元, as the provider segments it. */
const taxi = [
  token(0, "今天", { partOfSpeech: partOfSpeech("t") }),
  token(2, "打车", { partOfSpeech: partOfSpeech("v") }),
  token(4, "花", { partOfSpeech: partOfSpeech("v") }),
  token(5, "60", { partOfSpeech: partOfSpeech("nx") }),
  token(7, "元", { partOfSpeech: partOfSpeech("q") }),
];

const words = (tokens: readonly Token[]): Segment[] => tokens.map((each) => ({ kind: "word", token: each }));

describe("reading a job", () => {
  const jobWith = (result: unknown) => ({ detail: { JobId: "j1", Operation: { WordsGeneralizeResult: result } } });

  test("gives tokens and labels, parts of speech in words", () => {
    const job = jobWith({
      WordsGeneralizeLable: [{ Category: "交通", Word: "打车" }],
      WordsGeneralizeToken: [
        { Length: 2, Offset: 0, Pos: "t", Word: "今天" },
        { Length: 2, Offset: 2, Pos: "V", Word: "打车" },
      ],
    });
    expect(readSegmentation(job)).toEqual({
      tokens: [
        { word: "今天", offset: 0, length: 2, partOfSpeech: { code: "t", en: "time word", zh: "时间词" } },
        { word: "打车", offset: 2, length: 2, partOfSpeech: { code: "v", en: "verb", zh: "动词" } },
      ],
      labels: [{ category: "交通", word: "打车" }],
    });
  });

  test.each([
    ["whose bytes are no longer kept", { detail: null }],
    ["that has no operation", { detail: { JobId: "j1" } }],
    ["whose operation is empty", { detail: { JobId: "j1", Operation: "" } }],
    ["that failed", { detail: { JobId: "j1", Operation: { WordsGeneralize: { NerMethod: "DL" } } } }],
  ])("gives null for one %s", (_, job) => {
    expect(readSegmentation(job)).toBeNull();
  });

  test.each([
    ["an empty element", ""],
    ["a node without either list", { WordsGeneralizeOther: "x" }],
    ["lists of empty elements", { WordsGeneralizeToken: [""], WordsGeneralizeLable: [""] }],
    ["tokens without a word", { WordsGeneralizeToken: [{ Offset: 0 }, { Word: { inner: "x" } }] }],
  ])("gives nothing found for %s", (_, result) => {
    expect(readSegmentation(jobWith(result))).toEqual({ tokens: [], labels: [] });
  });

  test("takes a word alone for a token", () => {
    expect(readSegmentation(jobWith({ WordsGeneralizeToken: [{ Word: "" }] }))?.tokens).toEqual([
      { word: "", offset: null, length: null, partOfSpeech: { code: "", en: "", zh: "" } },
    ]);
  });

  test.each(["-1", "2.5", "", "007", 2.5, -1])("gives no offset for %j, which is no whole number", (sent) => {
    expect(
      readSegmentation(jobWith({ WordsGeneralizeToken: [{ Word: "今", Offset: sent }] }))?.tokens[0]?.offset,
    ).toBeNull();
  });

  test("leaves words as they were sent", () => {
    const sent = ["60", "007", "1e5", "true", " ", "&amp;", "😀", "__proto__"];
    const job = jobWith({ WordsGeneralizeToken: sent.map((Word) => ({ Word })) });
    expect(readSegmentation(job)?.tokens.map(({ word }) => word)).toEqual(sent);
  });
});

describe("a part of speech", () => {
  test("is found whatever the case of its code", () => {
    expect(partOfSpeech("nx")).toEqual({ code: "nx", en: "non-Chinese string", zh: "非汉字串" });
    expect(partOfSpeech("NX")).toBe(partOfSpeech("nx"));
  });

  test.each(["QQ", "", "toString"])("that is not in the table, such as %j, stands for itself", (code) => {
    expect(partOfSpeech(code)).toEqual({ code, en: code, zh: code });
  });

  test("has one code, one English and one Chinese name", () => {
    const of = (field: "code" | "en" | "zh") => new Set(PARTS_OF_SPEECH.map((known) => known[field])).size;
    expect([of("code"), of("en"), of("zh")]).toEqual([49, 49, 49]);
  });
});

describe("laying out the text", () => {
  test("puts words at their offsets", () => {
    expect(layOut(taxi)).toEqual({ offsets: "code-points", segments: words(taxi) });
  });

  test("keeps gaps, before the first word as well", () => {
    const [first, second] = [token(1, "今天"), token(5, "打车")];
    expect(layOut([first, second])).toEqual({
      offsets: "code-points",
      segments: [
        { kind: "gap", offset: 0, length: 1 },
        { kind: "word", token: first },
        { kind: "gap", offset: 3, length: 2 },
        { kind: "word", token: second },
      ],
    });
  });

  test("orders words by offset, in whatever order they were sent", () => {
    expect(layOut(taxi.toReversed())).toEqual(layOut(taxi));
  });

  test("sees astral characters counted as one", () => {
    const tokens = [token(0, "今"), token(1, "😀"), token(2, "天")];
    expect(layOut(tokens)).toEqual({ offsets: "code-points", segments: words(tokens) });
  });

  test("sees astral characters counted as two", () => {
    const tokens = [token(0, "今"), token(1, "😀", { length: 2 }), token(3, "天")];
    expect(layOut(tokens)).toEqual({ offsets: "utf-16-units", segments: words(tokens) });
  });

  test("of nothing is nothing", () => {
    expect(layOut([])).toEqual({ offsets: "code-points", segments: [] });
  });

  test.each<[string, Token[]]>([
    ["a length is not its word's", [token(0, "Today", { length: 2 }), token(2, "Taxi", { length: 2 })]],
    ["astral characters are counted both ways", [token(0, "😀"), token(1, "😀", { length: 2 })]],
    ["two words overlap", [token(0, "今天"), token(1, "天气")]],
    ["two words stand at one offset", [token(0, "今天"), token(0, "打车")]],
    ["an offset is missing", [token(0, "今天"), token(null, "打车")]],
    ["a length is missing", [token(0, "今天"), token(2, "打车", { length: null })]],
  ])("trusts no offset where %s: words stand in the order sent", (_, tokens) => {
    const sent = tokens.toReversed();
    expect(layOut(sent)).toEqual({ offsets: "not-trusted", segments: words(sent) });
  });
});

describe("the text", () => {
  const english = [token(0, "Today", { length: 2 }), token(2, "Taxi", { length: 2 })];
  const gapped = [token(0, "今天"), token(1_000_000, "打车")];

  test("is that of the words", () => {
    expect(textOf(taxi)).toBe("今天打车花60元");
  });

  test("has one mark for a gap, however long", () => {
    expect(textOf(gapped)).toBe("今天…打车");
    expect(textOf(gapped, { gap: " " })).toBe("今天 打车");
  });

  test("has nothing between words whose offsets are not trusted, unless told", () => {
    expect(textOf(english)).toBe("TodayTaxi");
    expect(textOf(english, { between: " " })).toBe("Today Taxi");
  });

  test("has nothing between words that touch, told or not", () => {
    expect(textOf(taxi, { gap: " ", between: " " })).toBe("今天打车花60元");
  });
});

describe("counts", () => {
  test("of parts of speech have the most frequent first, then the first", () => {
    expect(countPartsOfSpeech(taxi)).toEqual([
      { partOfSpeech: partOfSpeech("v"), count: 2 },
      { partOfSpeech: partOfSpeech("t"), count: 1 },
      { partOfSpeech: partOfSpeech("nx"), count: 1 },
      { partOfSpeech: partOfSpeech("q"), count: 1 },
    ]);
  });

  test("of words have the most frequent first, then the first, and end at the limit", () => {
    const tokens = ["b", "a", "constructor", "a", "c", "constructor", "a"].map((word) => token(null, word));
    expect(frequentWords(tokens, 3)).toEqual([
      { word: "a", count: 3 },
      { word: "constructor", count: 2 },
      { word: "b", count: 1 },
    ]);
    expect(frequentWords(tokens)).toHaveLength(4);
  });

  test("labels are by category, in the order sent", () => {
    const labels = [
      { category: "交通", word: "打车" },
      { category: "__proto__", word: "x" },
      { category: "交通", word: "地铁" },
    ];
    expect(labelsByCategory(labels)).toEqual(
      new Map([
        ["交通", ["打车", "地铁"]],
        ["__proto__", ["x"]],
      ]),
    );
  });
});

const samples = published.filter((name) => name.startsWith("callback_WordsGeneralize"));

describe.skipIf(samples.length === 0)(`the provider's own samples${UNLESS_SKIPPED}`, () => {
  test.each([
    ["Chinese, whose offsets are right", "_zh_", "今天打车花60元", "code-points"],
    ["English, which keep the Chinese offsets", "_en_", "TodayTaxiCost60CNY", "not-trusted"],
  ])("%s", (_, language, text, offsets) => {
    const readings = samples
      .filter((name) => name.includes(language))
      .map((name) => parseCallback(bytesOf(name)))
      .filter((reading) => reading.ok);
    expect(readings.length).toBeGreaterThan(0);
    for (const { value } of readings) {
      const tokens = value.jobs.flatMap((job) => readSegmentation(job)?.tokens ?? []);
      expect([textOf(tokens), layOut(tokens).offsets]).toEqual([text, offsets]);
    }
  });
});
