/**
 * Segmentation callbacks of any size, as CI sends them: one job, one label or two, and tokens inline until the
 * size is reached. The same size gives the same bytes, but for the JobId. Words are mixed as in real text: most
 * are Chinese, some are Latin or digits, and one in sixty needs a reference in XML.
 */
import { createHash } from "node:crypto";

export type BodyFormat = "xml" | "indented-xml" | "json";

/** The sizes that everything is measured at, in bytes. */
export const SIZES = {
  "2 KB": 2_000,
  "30 KB": 30_000,
  "110 KB": 110_000,
  "1.1 MB": 1_100_000,
  "8 MB": 8_000_000,
} as const;

/** Of the form and length of every published sample, a letter and 32 hexadecimal digits; scattered, as CI's own are. */
export const jobIdOf = (number: number, series = "0"): string =>
  `a${createHash("md5").update(`${series}:${number}`).digest("hex")}`;

const WORDS: readonly (readonly [word: string, pos: string])[] = [
  ["清晨", "t"], ["渡口", "n"], ["的", "u"], ["雾气", "n"], ["还", "d"], ["没有", "v"], ["散去", "v"], ["，", "w"], ["一位", "m"], ["老师傅", "n"],
  ["推", "v"], ["着", "u"], ["三轮车", "n"], ["穿过", "v"], ["北街", "ns"], ["。", "w"], ["车上", "s"], ["装", "v"], ["了", "u"], ["42", "m"],
  ["箱", "q"], ["橘子", "n"], ["和", "c"], ["two", "nx"], ["crates", "nx"], ["of", "nx"], ["tea", "nx"], ["；", "w"], ["每", "r"], ["箱", "q"],
  ["18.50", "m"], ["元", "q"], ["，", "w"], ["他", "r"], ["说", "v"], ["今年", "t"], ["收成", "n"], ["比", "p"], ["往年", "t"], ["好", "a"],
  ["，", "w"], ["运费", "n"], ["却", "d"], ["涨", "v"], ["到", "v"], ["007", "m"], ["号", "q"], ["仓库", "n"], ["的", "u"], ["上限", "n"],
  ["。", "w"], ["Müller", "nr"], ["&", "w"], ["Söhne", "nr"], ["订", "v"], ["下", "f"], ["全部", "m"], ["货物", "n"], ["🍊", "x"], ["！", "w"],
]; // prettier-ignore

interface Token {
  Length: string;
  Offset: string;
  Pos: string;
  Word: string;
}

function tokenAt(index: number): Token {
  const [word, pos] = WORDS[index % WORDS.length] as readonly [string, string];
  return { Length: String([...word].length), Offset: String(index * 2), Pos: pos, Word: word };
}

/** One callback of at least `bytes` bytes, and at most one token more. */
export function callbackBody(format: BodyFormat, bytes: number, jobId: string): Buffer<ArrayBuffer> {
  const form = FORMS[format];
  const empty = form.whole(jobId, "");
  const tokens: string[] = [];
  for (let length = Buffer.byteLength(empty); length < bytes;) {
    const token = form.token(tokenAt(tokens.length));
    length += Buffer.byteLength(token) + form.separator.length;
    tokens.push(token);
  }
  return Buffer.from(form.whole(jobId, tokens.join(form.separator)));
}

interface Form {
  separator: string;
  token(token: Token): string;
  whole(jobId: string, tokens: string): string;
}

const escape = (text: string): string => text.replaceAll("&", "&amp;");

function xmlForm(line: (depth: number) => string): Form {
  const leaf = (depth: number, name: string, text: string) => `${line(depth)}<${name}>${escape(text)}</${name}>`;
  const node = (depth: number, name: string, content: string) =>
    `${line(depth)}<${name}>${content}${line(depth)}</${name}>`;
  return {
    separator: "",
    token: (token) =>
      node(
        4,
        "WordsGeneralizeToken",
        Object.entries(token)
          .map(([name, text]) => leaf(5, name, text as string))
          .join(""),
      ),
    whole(jobId, tokens) {
      const input =
        leaf(3, "Object", "reports/morning.txt") +
        leaf(3, "BucketId", "bench-1250000000") +
        leaf(3, "Region", "ap-chongqing");
      const label = node(4, "WordsGeneralizeLable", leaf(5, "Category", "Trade") + leaf(5, "Word", "橘子"));
      const methods = leaf(4, "NerMethod", "DL") + leaf(4, "SegMethod", "MIX");
      const operation =
        leaf(3, "UserData", `order ${jobId.slice(-6)}`) +
        leaf(3, "JobLevel", "0") +
        node(3, "WordsGeneralize", methods) +
        node(3, "WordsGeneralizeResult", label + tokens);
      const job =
        leaf(2, "Code", "Success") +
        leaf(2, "CreationTime", "2026-11-03T09:14:07+0800") +
        leaf(2, "EndTime", "2026-11-03T09:14:12+0800") +
        node(2, "Input", input) +
        leaf(2, "JobId", jobId) +
        leaf(2, "Message", "Success") +
        node(2, "Operation", operation) +
        leaf(2, "QueueId", "p0123456789abcdef0123456789abcdef") +
        leaf(2, "StartTime", "2026-11-03T09:14:08+0800") +
        leaf(2, "State", "Success") +
        leaf(2, "Tag", "WordsGeneralize");
      const content = leaf(1, "EventName", "TaskFinish") + node(1, "JobsDetail", job);
      return `<?xml version="1.0" encoding="utf-8"?>\n<Response>${content}${line(0)}</Response>\n`;
    },
  };
}

const FORMS: Record<BodyFormat, Form> = {
  xml: xmlForm(() => ""),
  "indented-xml": xmlForm((depth) => `\n${"    ".repeat(depth)}`),
  json: {
    separator: ",",
    token: (token) => JSON.stringify(token),
    whole(jobId, tokens) {
      const result = { WordsGeneralizeLable: [{ Category: "Trade", Word: "橘子" }], WordsGeneralizeToken: ["@tokens"] };
      const job = {
        Code: "Success",
        CreationTime: "2026-11-03T09:14:07+0800",
        EndTime: "2026-11-03T09:14:12+0800",
        Input: { Object: "reports/morning.txt", BucketId: "bench-1250000000", Region: "ap-chongqing" },
        JobId: jobId,
        Message: "Success",
        Operation: {
          UserData: `order ${jobId.slice(-6)}`,
          JobLevel: "0",
          WordsGeneralize: { NerMethod: "DL", SegMethod: "MIX" },
          WordsGeneralizeResult: result,
        },
        QueueId: "p0123456789abcdef0123456789abcdef",
        StartTime: "2026-11-03T09:14:08+0800",
        State: "Success",
        Tag: "WordsGeneralize",
      };
      return JSON.stringify({ EventName: "TaskFinish", JobsDetail: [job] }).replace('"@tokens"', () => tokens);
    },
  },
};
