/**
 * Announces a job that was just submitted, so that the receiver notices if its callback never comes, and waits for its
 * end: `npx node examples/expect-and-wait.ts <JobId> <bucket> <region>`.
 */
import { createClient, JobTimeoutError } from "../src/client/client.ts";

const [jobId = "", bucket, region] = process.argv.slice(2);
const client = createClient({
  baseUrl: process.env["RECEIVER_URL"] ?? "http://localhost:8787",
  token: process.env["LOOKUP_TOKEN"] ?? "local-lookup-token",
});

// Submit the job with CI's SDK here; its answer has the JobId.
await client.expect(jobId, { withinSeconds: 3600, bucket, region });
try {
  const job = await client.waitForJob(jobId, { timeoutSeconds: Number(process.env["TIMEOUT_SECONDS"] ?? 3600) });
  // `verified` is false if CI was asked and disputes the callback.
  console.log(`${job.jobId} ${job.state} from a ${job.source}, verified: ${job.verified}`);
} catch (error) {
  if (!(error instanceof JobTimeoutError)) throw error;
  console.log(`${jobId} has not ended.`);
  for await (const { jobId, expectation } of client.listJobs({ overdue: true }))
    console.log(
      `overdue since ${expectation?.dueAt}: ${jobId}${expectation?.knownToCi === false ? ", unknown to CI" : ""}`,
    );
}
