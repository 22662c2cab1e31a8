/** Waits for a segmentation and prints its words: `npx node examples/wait-for-words.ts <JobId>`. */
import { createClient, isSegmentation, readSegmentation } from "../src/client/client.ts";

const [jobId = ""] = process.argv.slice(2);
const client = createClient({
  baseUrl: process.env["RECEIVER_URL"] ?? "http://localhost:8787",
  token: process.env["LOOKUP_TOKEN"] ?? "local-lookup-token",
});

const job = await client.waitForJob(jobId, { timeoutSeconds: 600 });
console.log(`${job.jobId} ${job.state}`);
if (isSegmentation(job)) {
  for (const { word, partOfSpeech } of readSegmentation(job)?.tokens ?? []) console.log(`${word}\t${partOfSpeech.en}`);
}
