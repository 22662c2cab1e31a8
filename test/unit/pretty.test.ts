/** Bytes laid out for reading: content stays as it was sent, and no body is laid out in more than one pass. */
import { expect, test } from "vitest";
import { pretty } from "../../src/ui/views/pretty.ts";

test("elements are indented, and a leaf stays on one line", () => {
  expect(pretty("<a><b>1</b><c/><!-- d --><e><![CDATA[<f>]]></e></a>", "xml").split("\n")).toEqual([
    "<a>",
    "  <b>1</b>",
    "  <c/>",
    "  <!-- d -->",
    "  <e>",
    "    <![CDATA[<f>]]>",
    "  </e>",
    "</a>",
  ]);
});

test.each(["<!--", "<![CDATA[", "<", "<!", "<a", "&"])(
  "what never ends is given as it is: %s, 50,000 times",
  (part) => {
    const text = part.repeat(50_000);
    expect(pretty(text, "xml").replaceAll(/\n */g, "")).toBe(text);
  },
);
