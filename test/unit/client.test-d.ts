/** Checked by tsc, never run: what the types of the client promise. */
import { expectTypeOf } from "vitest";
import {
  type Client,
  createClient,
  type DeliveryRecord,
  type DetailOf,
  type EventJob,
  type EventRecord,
  isFamily,
  isKnown,
  isModeration,
  isSegmentation,
  isTag,
  type Job,
  type JobDelivery,
  type JobResult,
  JobTimeoutError,
  type KnownTag,
  type ListedJob,
  type MediaResult,
  type ModerationJob,
  type ModerationResult,
  type OtherJob,
  type OtherTag,
  type ProblemCode,
  readMedia,
  readModeration,
  readResult,
  readSegmentation,
  ReceiverError,
  type ReceiverEvent,
  type Reparsed,
  type Run,
  type Segmentation,
  type SegmentationDetail,
  type SegmentationJob,
  type TagOf,
  type TaggedJob,
  type UndocumentedJob,
  type verifyEvent,
  type WordsGeneralizeToken,
} from "../../src/client/client.ts";
import type { ContentNode } from "../../src/callback/types.ts";
import type { EventStatus, EventType } from "../../src/events/events.ts";
import type { Envelope } from "../../src/events/payload.ts";
import type { ProblemCode as AnsweredProblemCode } from "../../src/problems.ts";
import type { Job as AnsweredJob } from "../../src/wire.ts";

declare const client: Client;
declare const job: Job;

// A job is told apart by its tag, by `===` and by the guards.
if (job.tag === "WordsGeneralize") expectTypeOf(job).toEqualTypeOf<SegmentationJob>();
else expectTypeOf(job).toEqualTypeOf<Exclude<Job, SegmentationJob>>();

if (job.tag === "SpeechRecognition" || job.tag === "Transcode")
  expectTypeOf(job).toEqualTypeOf<TaggedJob<"SpeechRecognition"> | TaggedJob<"Transcode">>();
if (job.tag === null) {
  expectTypeOf(job).toEqualTypeOf<OtherJob>();
  expectTypeOf(job.detail).toEqualTypeOf<ContentNode | null>();
}

// It is so for each documented tag, and what is left after all of them is the rest.
type Told = { [T in KnownTag]: Extract<Job, { tag: T }> };
expectTypeOf<Told>().toEqualTypeOf<{ [T in KnownTag]: TaggedJob<T> }>();
expectTypeOf<{ [T in KnownTag]: DetailOf<T> extends object ? true : false }[KnownTag]>().toEqualTypeOf<true>();
if (isKnown(job)) expectTypeOf(job.tag).toEqualTypeOf<KnownTag>();
else expectTypeOf(job).toEqualTypeOf<OtherJob>();

// A tag is a string to whoever asks for one, and none but the documented ones is taken for one of them.
expectTypeOf<Job["tag"]>().toExtend<string | null>();
expectTypeOf<"Waveform">().not.toExtend<OtherTag>();
expectTypeOf<"">().not.toExtend<OtherTag | KnownTag>();
expectTypeOf<OtherTag>().toExtend<string>();

// The guards narrow both ways.
if (isSegmentation(job)) expectTypeOf(job).toEqualTypeOf<SegmentationJob>();
else expectTypeOf(job).toEqualTypeOf<Exclude<Job, SegmentationJob>>();
if (isTag(job, "Snapshot")) expectTypeOf(job.detail).toEqualTypeOf<DetailOf<"Snapshot"> | null>();
if (isTag(job, "waveform")) expectTypeOf(job).toExtend<UndocumentedJob>();
else expectTypeOf(job).toEqualTypeOf<Job>();
if (isFamily(job, "file")) expectTypeOf(job.tag).toEqualTypeOf<"FileHashCode" | "FileCompress" | "FileUncompress">();
if (isFamily(job, "media")) expectTypeOf(job.tag).toEqualTypeOf<TagOf<"media">>();
if (isModeration(job)) expectTypeOf(job).toEqualTypeOf<ModerationJob>();
// @ts-expect-error its detail may be null
void job.detail.JobId;
// @ts-expect-error a node may be empty
if (job.tag === "Transcode") void job.detail?.Operation?.MediaInfo;

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
expectTypeOf(readMedia(job)).toEqualTypeOf<MediaResult | null>();
expectTypeOf(readModeration).toBeCallableWith(job);
expectTypeOf(readResult).toBeCallableWith({} as AnsweredJob);

// A result of any type is told apart by its family.
const read = readResult(job);
expectTypeOf(read).toEqualTypeOf<JobResult | null>();
if (read?.family === "media") expectTypeOf(read.result).toEqualTypeOf<MediaResult>();
if (read?.family === "moderation") expectTypeOf(read.result).toEqualTypeOf<ModerationResult>();

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

// Events. The client lists their types itself, too.
declare const event: ReceiverEvent;
expectTypeOf<ReturnType<typeof verifyEvent>>().resolves.toEqualTypeOf<ReceiverEvent>();
expectTypeOf(event.type).toEqualTypeOf<Envelope["type"]>();
expectTypeOf<EventRecord["type"]>().toEqualTypeOf<EventType>();
expectTypeOf<EventRecord["status"]>().toEqualTypeOf<EventStatus>();
if (
  event.type === "job.finished" ||
  event.type === "job.updated" ||
  event.type === "job.overdue" ||
  event.type === "job.disputed"
)
  expectTypeOf(event.data).toEqualTypeOf<EventJob>();
if (event.type === "job.finished" && event.data.tag === "Transcode")
  expectTypeOf(event.data.detail).toEqualTypeOf<DetailOf<"Transcode"> | null>();
if (event.type === "run.finished") expectTypeOf(event.data).toEqualTypeOf<Run>();
if (event.type === "delivery.quarantined") expectTypeOf(event.data).toEqualTypeOf<DeliveryRecord>();
expectTypeOf(readMedia).toBeCallableWith({} as EventJob);
expectTypeOf(client.reparse("d")).resolves.toEqualTypeOf<Reparsed | null>();
expectTypeOf(client.expect("j", { withinSeconds: 60 })).resolves.toEqualTypeOf<Job>();
expectTypeOf(client.reconcile("j")).resolves.toEqualTypeOf<Job | null>();
expectTypeOf<ListedJob["delivery"]>().toEqualTypeOf<JobDelivery | null>();
expectTypeOf<ListedJob["source"]>().toEqualTypeOf<"callback" | "reconcile" | "expectation">();
// @ts-expect-error an expectation needs a time
void client.expect("j", { tag: "Transcode" });
// @ts-expect-error a list of what is not overdue
void client.listJobs({ overdue: false });
// @ts-expect-error a status that no delivery has
void client.listDeliveries({ status: "failed" });

// Errors. The client lists the receiver's problems itself, so as not to need the server's libraries.
expectTypeOf<ProblemCode>().toEqualTypeOf<AnsweredProblemCode>();
declare const error: unknown;
if (error instanceof ReceiverError) {
  expectTypeOf<ProblemCode>().toExtend<typeof error.code>();
  expectTypeOf(error.code).toExtend<string | null>();
}
if (error instanceof JobTimeoutError) expectTypeOf(error.job).toEqualTypeOf<Job | null>();
