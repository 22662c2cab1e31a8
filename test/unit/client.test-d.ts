/** Checked by tsc, never run: what the types of the client promise. */
import { expectTypeOf } from "vitest";
import {
  type Client,
  createClient,
  isSegmentation,
  type Job,
  JobTimeoutError,
  type ListedJob,
  type OtherJob,
  type ProblemCode,
  readSegmentation,
  ReceiverError,
  type Segmentation,
  type SegmentationDetail,
  type SegmentationJob,
  type WordsGeneralizeToken,
} from "../../src/client/client.ts";
import type { ContentNode } from "../../src/callback/types.ts";
import type { Job as AnsweredJob } from "../../src/wire.ts";

declare const client: Client;
declare const job: Job;

// A job is told apart by its tag, by `===`, by `switch` and by the guard.
if (job.tag === "WordsGeneralize") expectTypeOf(job).toEqualTypeOf<SegmentationJob>();
else expectTypeOf(job).toEqualTypeOf<OtherJob>();

switch (job.tag) {
  case "WordsGeneralize":
    expectTypeOf(job.detail).toEqualTypeOf<SegmentationDetail | null>();
    break;
  case "SpeechRecognition":
  case null:
    expectTypeOf(job.detail).toEqualTypeOf<ContentNode | null>();
}

if (isSegmentation(job)) expectTypeOf(job).toEqualTypeOf<SegmentationJob>();
// @ts-expect-error its detail may be null
else void job.detail.JobId;

// The detail of a segmentation is precise, down to what may be absent or empty.
declare const detail: SegmentationDetail;
const result = detail.Operation?.WordsGeneralizeResult;
expectTypeOf<Exclude<typeof result, "" | undefined>["WordsGeneralizeToken"]>().toEqualTypeOf<
  WordsGeneralizeToken[] | undefined
>();
// @ts-expect-error the result may be an empty element
void result?.WordsGeneralizeToken;
expectTypeOf<WordsGeneralizeToken["Offset"]>().toEqualTypeOf<number | string>();

// Apart from `tag` and `detail`, it is what the receiver answers.
expectTypeOf<Omit<SegmentationJob, "tag" | "detail">>().toEqualTypeOf<Omit<AnsweredJob, "tag" | "detail">>();
expectTypeOf<Omit<OtherJob, "tag" | "detail">>().toEqualTypeOf<Omit<AnsweredJob, "tag" | "detail">>();
expectTypeOf<Job>().toExtend<ListedJob>();

// The helpers take the receiver's own job as well as the client's.
expectTypeOf(readSegmentation).toBeCallableWith(job);
expectTypeOf(readSegmentation).toBeCallableWith({} as AnsweredJob);
expectTypeOf(readSegmentation(job)).toEqualTypeOf<Segmentation | null>();

// Calls.
expectTypeOf(client.getJob("j")).resolves.toEqualTypeOf<Job | null>();
expectTypeOf(client.waitForJob("j", { timeoutSeconds: 1 })).resolves.toEqualTypeOf<Job>();
expectTypeOf(client.listJobs()).toExtend<AsyncIterable<ListedJob>>();
expectTypeOf(client.getRaw("j")).resolves.toEqualTypeOf<Uint8Array | null>();
// @ts-expect-error a wait needs an end
void client.waitForJob("j", {});
// @ts-expect-error but not two
void client.waitForJob("j", { timeoutSeconds: 1, deadline: new Date() });
// @ts-expect-error a filter that the receiver does not know
void client.listJobs({ status: "Failed" });
createClient({ baseUrl: new URL("https://callbacks.example.com"), token: "t", fetch: globalThis.fetch });

// Errors.
declare const error: unknown;
if (error instanceof ReceiverError) {
  expectTypeOf<ProblemCode>().toExtend<typeof error.code>();
  expectTypeOf(error.code).toExtend<string | null>();
}
if (error instanceof JobTimeoutError) expectTypeOf(error.job).toEqualTypeOf<Job | null>();
