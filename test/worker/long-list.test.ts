import { expect, test } from "vitest";
import type { ListedJob } from "../../src/wire.ts";
import { segmentations, newJobId } from "./bodies.ts";
import { post, read } from "./receiver.ts";

test("of 10,000 jobs listed by cursor while 1,000 more arrive, each is met exactly once", async () => {
  const arrive = async (count: number): Promise<string[]> => {
    const jobIds = Array.from({ length: count }, newJobId);
    await post(segmentations(jobIds, () => ({ words: ["a"] })));
    return jobIds;
  };
  const jobIds: string[] = [];
  for (let bodies = 0; bodies < 10; bodies += 1) jobIds.push(...(await arrive(1_000)));

  const met: string[] = [];
  let cursor: string | null = "";
  let arrived = 0;
  while (cursor !== null) {
    const page: { jobs: ListedJob[]; next: string | null } = await read(
      `/jobs?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    met.push(...page.jobs.map((job) => job.jobId));
    cursor = page.next;
    if (arrived < 1_000) arrived += (await arrive(20)).length;
  }
  expect(arrived).toBe(1_000);
  expect(met.length).toBe(10_000);
  expect(met.toSorted()).toEqual(jobIds.toSorted());
});
