/** What the pages of jobs and runs say where their filters let nothing through: which those are, and what may have been meant. */
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { page, pageText, seen, session } from "./reader.ts";
import { post } from "./receiver.ts";

describe("a filter that lets nothing through", () => {
  test.each([
    ["/?state=success", "No job matches State “success”.", 'href="/?state=Success">Success</a>'],
    ["/?tag=transcod", "No job matches Tag “transcod”.", 'href="/?tag=Transcode">Transcode</a>'],
    [
      "/?tag=words-generalize",
      "No job matches Tag “words-generalize”.",
      'href="/?tag=WordsGeneralize">Word segmentation (WordsGeneralize)</a>',
    ],
    ["/ui/runs?state=faild", "No run matches State “faild”.", 'href="/ui/runs?state=Failed">Failed</a>'],
  ])("is named, with the known value that is nearly the same: %s", async (path, says, link) => {
    const text = await pageText(path);
    expect(seen(text)).toContain(`${says} Did you mean`);
    expect(text).toContain(link);
  });

  test("keeps the other filters in what it offers, and names them all", async () => {
    const text = await pageText("/?state=SUCCESS&bucket=b%26c");
    expect(seen(text)).toContain("No job matches State “SUCCESS”, Bucket “b&amp;c”. Did you mean Success ?");
    expect(text).toContain('href="/?state=Success&amp;bucket=b%26c"');
  });

  test.each(["/?state=nonsense", "/?tag=Transcode&bucket=none", "/?object=success", "/ui/runs?state=nonsense"])(
    "is not guessed at where nothing known is near: %s",
    async (path) => {
      const text = seen(await pageText(path));
      expect(text).toMatch(/No (?:job|run) matches /);
      expect(text).not.toContain("Did you mean");
    },
  );

  test("is named in Chinese as well", async () => {
    const cookie = `${await session()}; language=zh`;
    const text = seen(await (await page("/?state=success&object=a", { cookie })).text());
    expect(text).toContain("没有状态为“success”、对象为“a”的任务。 您要找的是不是 成功 (Success) ？");
  });
});

test("a state has no chip where it is chosen among the states, and one where there are none to choose from", async () => {
  const bucket = newJobId();
  await post(segmentation(newJobId(), { Bucket: bucket }));
  const chip = /class="pill" href="[^"]*"\s*><span class="hidden">Remove the filter: <\/span\s*>State/;
  expect(await pageText(`/?state=Failed&bucket=${bucket}`)).not.toMatch(chip);
  expect(await pageText("/?state=Failed&bucket=none")).toMatch(chip);
});
