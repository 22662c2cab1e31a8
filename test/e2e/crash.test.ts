/** What was acknowledged is on disk: workerd killed in mid-flight, several times, and everything found afterwards. */
import { expect, test } from "vitest";
import { generateCallback } from "../../tools/callbacks/callback.ts";
import { KEY, newDirectory, pause, startReceiver, TOKEN } from "./server.ts";

/** How many times the receiver is killed. */
const CRASHES = Number(process.env["CRASHES"] ?? 3);
/** Callbacks under way at once. */
const SENDERS = 6;
/** Callbacks that are acknowledged before it is killed. */
const ACKNOWLEDGED = 60;

test(`every JobId acknowledged is found after ${CRASHES} crashes under load`, async () => {
  const directory = newDirectory();
  const acknowledged: string[] = [];
  let index = 0;
  let broken = 0;
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const receiver = await startReceiver(directory);
    const load = new AbortController();
    const send = async () => {
      while (!load.signal.aborted) {
        index += 1;
        const { body, jobIds } = generateCallback({
          seed: "crash",
          index,
          kind: { shape: "response", format: "xml", tag: "WordsGeneralize" },
          now: 0,
          tokens: 20,
        });
        try {
          const response = await fetch(`${receiver.base}/callbacks/${KEY}`, { method: "POST", body });
          const { jobs } = (await response.json()) as { jobs: string[] };
          if (response.status === 200) acknowledged.push(...jobs);
          expect(jobs).toEqual(jobIds);
        } catch (error) {
          if (!load.signal.aborted && !(error instanceof TypeError || error instanceof SyntaxError)) throw error;
          broken += 1;
        }
      }
    };
    const senders = Array.from({ length: SENDERS }, send);
    while (acknowledged.length < (crash + 1) * ACKNOWLEDGED) await pause(5);
    await receiver.crash();
    load.abort();
    await Promise.all(senders);
  }
  const receiver = await startReceiver(directory);
  try {
    const lost: string[] = [];
    for (const jobId of acknowledged) {
      const response = await fetch(`${receiver.base}/jobs/${jobId}`, { headers: { authorization: `Bearer ${TOKEN}` } });
      if (response.status !== 200) lost.push(jobId);
      await response.body?.cancel();
    }
    console.log({ crashes: CRASHES, sent: index, acknowledged: acknowledged.length, lost: lost.length });
    expect(lost).toEqual([]);
    // The crashes came while callbacks were under way.
    expect(broken).toBeGreaterThan(0);
  } finally {
    await receiver.stop();
  }
});
