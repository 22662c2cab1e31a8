import { expect, test } from "vitest";
import { isCostlyToRead } from "../../src/callback/costly.ts";

/** Whether a body of this many bytes, which begins like this, is stored before it is read. */
const isKeptFirst = (kilobytes: number, start: string, end: string): boolean => {
  const body = start + "x".repeat(kilobytes * 1024 - start.length - end.length) + end;
  return isCostlyToRead({ body, size: body.length });
};

const plain = ["<Response><Tag>", "</Tag></Response>"] as const;

test("plain XML is read at once up to 256 KiB", () => {
  expect(isKeptFirst(256, ...plain)).toBe(false);
  expect(isKeptFirst(257, ...plain)).toBe(true);
});

test.each([
  '<?xml version="1.0" encoding="UTF-8"?>',
  "<?xml version='1.0' encoding='utf-8'?>\n",
  '\ufeff<?xml version="1.0"?>',
])("an XML declaration makes plain XML no costlier: %j", (declaration) => {
  expect(isKeptFirst(17, declaration + plain[0], plain[1])).toBe(false);
});

test.each([
  ["a comment", "<!-- -->"],
  ["CDATA", "<![CDATA[ ]]>"],
  ["an instruction", "<?note ?>"],
  ["an attribute", '<Note lang="en"/>'],
  ["an attribute in single quotes", "<Note lang='en'/>"],
])("XML with %s is read at once up to 16 KiB only", (_, node) => {
  const start = `<?xml version="1.0"?><Response>${node}<Tag>`;
  expect(isKeptFirst(16, start, plain[1])).toBe(false);
  expect(isKeptFirst(17, start, plain[1])).toBe(true);
});

test("JSON with what looks like markup is read at once", () => {
  expect(isKeptFirst(17, '{"a":"<!-- =\\" ', '"}')).toBe(false);
});
