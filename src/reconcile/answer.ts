/**
 * What CI says when it is asked: jobs, the token of the next page, ids it does not know, or an error. Read with the
 * same tree and the same reading of a `JobsDetail` as callbacks are. Pure.
 */
import { parseJson } from "../callback/json.ts";
import { readTree } from "../callback/read.ts";
import { fail, ok, type Result } from "../callback/result.ts";
import { filledLeafAt, nodeAt } from "../callback/tree.ts";
import type { ContentNode, JobReading } from "../callback/types.ts";
import { parseXml } from "../callback/xml.ts";

export interface CiAnswer {
  jobs: JobReading[];
  /** `NextToken` of a list; null on its last page. */
  nextToken: string | null;
  /** `NonExistJobIds`: ids of the question that CI does not know. */
  nonExistent: string[];
  /** The `<Error>` that stands in place of an answer. */
  error: CiError | null;
}

export interface CiError {
  code: string | null;
  message: string | null;
  requestId: string | null;
}

/** Reads XML, or JSON of the same shape. Fails with why the text is neither, or is not an answer of CI's. */
export function readAnswer(body: string): Result<CiAnswer, string> {
  const text = body.startsWith(BYTE_ORDER_MARK) ? body.slice(1) : body;
  const first = text.trimStart().charAt(0);
  if (first !== "<" && first !== "{") return fail("Expected XML, found something else.");
  const tree = first === "<" ? parseXml(text) : parseJson(text);
  if (!tree.ok) return fail(tree.error.reason);
  const error = nodeAt(tree.value, "Error");
  if (error === null && !isResponse(tree.value)) return fail("Expected a Response or an Error, found neither.");
  const response = nodeAt(tree.value, "Response") ?? tree.value;
  return ok({
    jobs: error === null ? readTree(tree.value).jobs.map(withReportedState) : [],
    nextToken: filledLeafAt(response, "NextToken"),
    nonExistent: idsAt(response, "NonExistJobIds"),
    error: error === null ? null : readError(error),
  });
}

/** JSON may come without the `Response` around it. */
const isResponse = (tree: ContentNode): boolean => tree["Response"] !== undefined || tree["JobsDetail"] !== undefined;

const BYTE_ORDER_MARK = "\ufeff";

/**
 * In an answer, `Code` is `Success` while the job still runs, so it stands in for a missing `State`, as it does in a
 * callback, only where the job has an end.
 */
const withReportedState = (job: JobReading): JobReading =>
  tellsState(job) ? job : { ...job, state: null, terminal: false };

/** Whether a job in an answer is in the state that the reader of callbacks gives it. */
export const tellsState = ({ stateSource, endedAt }: Pick<JobReading, "stateSource" | "endedAt">): boolean =>
  stateSource === "reported" || endedAt !== null;

const readError = (error: ContentNode): CiError => ({
  code: filledLeafAt(error, "Code"),
  message: filledLeafAt(error, "Message"),
  requestId: filledLeafAt(error, "RequestId"),
});

/** One element with commas between the ids, or an element for each. */
function idsAt(response: ContentNode, name: string): string[] {
  const content = response[name];
  return (Array.isArray(content) ? content : [content])
    .filter((leaf) => typeof leaf === "string")
    .flatMap((leaf) => leaf.split(/[,\s]+/))
    .filter((id) => id !== "");
}
