import { expect, test } from "vitest";
import { canonicalize } from "../../src/callback/detail.ts";

const cases = [
  {
    name: "headers, labels and tokens are lists even of one",
    sent: {
      Input: { CosHeaders: { Key: "a", Value: "b" } },
      Operation: {
        Input: { CosHeaders: { Key: "c", Value: "d" } },
        WordsGeneralizeResult: { WordsGeneralizeLable: { Word: "x" }, WordsGeneralizeToken: { Word: "y" } },
      },
    },
    read: {
      Input: { CosHeaders: [{ Key: "a", Value: "b" }] },
      Operation: {
        Input: { CosHeaders: [{ Key: "c", Value: "d" }] },
        WordsGeneralizeResult: { WordsGeneralizeLable: [{ Word: "x" }], WordsGeneralizeToken: [{ Word: "y" }] },
      },
    },
  },
  {
    name: "lists stay lists, and other nodes of these names what they are",
    sent: {
      Input: { CosHeaders: [{ Key: "a" }, { Key: "b" }], WordsGeneralizeToken: { Offset: "1" } },
      CosHeaders: { "x-cos-meta-id": "007" },
      WordsGeneralizeResult: { WordsGeneralizeToken: { Offset: "1" } },
    },
    read: {
      Input: { CosHeaders: [{ Key: "a" }, { Key: "b" }], WordsGeneralizeToken: { Offset: "1" } },
      CosHeaders: { "x-cos-meta-id": "007" },
      WordsGeneralizeResult: { WordsGeneralizeToken: { Offset: "1" } },
    },
  },
  {
    name: "offset and length are whole numbers where that loses nothing",
    sent: token(
      { Offset: "0", Length: "12", Word: "60", Pos: "3" },
      { Offset: "999999999999999", Length: "1000000000000000" },
    ),
    read: token(
      { Offset: 0, Length: 12, Word: "60", Pos: "3" },
      { Offset: 999999999999999, Length: "1000000000000000" },
    ),
  },
  {
    name: "other spellings of numbers stay text",
    sent: token(
      { Offset: "007", Length: "-1" },
      { Offset: "1e5", Length: "1.0" },
      { Offset: "", Length: " 1" },
      { Offset: { a: "1" } },
    ),
    read: token(
      { Offset: "007", Length: "-1" },
      { Offset: "1e5", Length: "1.0" },
      { Offset: "", Length: " 1" },
      { Offset: { a: "1" } },
    ),
  },
  {
    name: "an empty token is an item all the same",
    sent: { Operation: { WordsGeneralizeResult: { WordsGeneralizeToken: "" } } },
    read: { Operation: { WordsGeneralizeResult: { WordsGeneralizeToken: [""] } } },
  },
  {
    name: "an empty result stays empty",
    sent: { Operation: { WordsGeneralizeResult: "" } },
    read: { Operation: { WordsGeneralizeResult: "" } },
  },
  { name: "nothing is added", sent: { JobId: "a1" }, read: { JobId: "a1" } },
];

function token(...tokens: object[]) {
  return { Operation: { WordsGeneralizeResult: { WordsGeneralizeToken: tokens } } };
}

test.each(cases)("$name", ({ sent, read }) => {
  const detail = structuredClone(sent) as Parameters<typeof canonicalize>[0];
  expect(canonicalize(detail)).toBe(detail);
  expect(detail).toEqual(read);
  expect(canonicalize(structuredClone(detail))).toEqual(read);
});
