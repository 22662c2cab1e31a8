/** Bodies for the tests of the Worker: one job said in XML, with one change for each case. */
import { printTask, printWorkflow, tokensOf } from "../../tools/callbacks/told.ts";
import type { Tree } from "../../tools/callbacks/tree.ts";

/** The children of a JobsDetail as tests change them; null leaves a node out. */
export interface Said {
  State?: string | null;
  Code?: string | null;
  Tag?: string | null;
  EndTime?: string | null;
  QueueId?: string | null;
  UserData?: string | null;
  Workflow?: { RunId: string; WorkflowId?: string; WorkflowName?: string; Name?: string } | null;
  Bucket?: string | null;
  Object?: string | null;
  /** The words of the segmentation, in order. */
  words?: readonly string[];
}

/** A segmentation's callback for that job. */
export const segmentation = (jobId: string, said: Said = {}): string => printTask("xml", detailOf(jobId, said));

/** One callback that tells of many jobs; `saidOf` has what it says of each. */
export const segmentations = (jobIds: readonly string[], saidOf: (at: number) => Said = () => ({})): string =>
  printTask("xml", ...jobIds.map((jobId, at) => detailOf(jobId, saidOf(at))));

function detailOf(jobId: string, said: Said): Tree {
  const { Tag = "WordsGeneralize", Code = "Success", EndTime = "2026-03-01T08:00:05+0800" } = said;
  const { Bucket = "texts-1250000000", Object = "notes/a.txt", words = ["今天", "打车", "60"] } = said;
  const tokens = tokensOf(words.map((word) => [word, "n"]));
  return {
    Tag: Tag ?? undefined,
    Code: Code ?? undefined,
    State: said.State ?? undefined,
    CreationTime: "2026-03-01T08:00:00+0800",
    EndTime: EndTime ?? undefined,
    JobId: jobId,
    Message: "Success",
    QueueId: said.QueueId ?? undefined,
    Input: { BucketId: Bucket ?? undefined, Region: "ap-chongqing", Object: Object ?? undefined },
    Operation: {
      UserData: said.UserData ?? undefined,
      WordsGeneralize: { NerMethod: "DL", SegMethod: "MIX" },
      WordsGeneralizeResult: { WordsGeneralizeToken: tokens },
    },
    Workflow: said.Workflow === undefined || said.Workflow === null ? undefined : { ...said.Workflow },
  };
}

/** The end of a workflow run with one task for each job. */
export const workflowFinish = (runId: string, jobIds: readonly string[], State = "Success"): string =>
  printWorkflow("xml", {
    WorkflowId: "w1",
    WorkflowName: "nightly",
    RunId: runId,
    State,
    BucketId: "texts-1250000000",
    Object: "notes/a.txt",
    CreateTime: "2026-03-01 08:00:00+0800",
    Tasks: jobIds.map((JobId, index) => ({
      Type: "WordsGeneralize",
      CreateTime: "2026-03-01 08:00:00+0800",
      EndTime: "2026-03-01 08:00:09+0800",
      State,
      JobId,
      Name: `Step_${index}`,
    })),
  });

let made = 0;

/** A JobId of its own for each use, since tests of a file share their storage. */
export const newJobId = (): string => `a${crypto.randomUUID().replaceAll("-", "")}${made++}`.slice(0, 33);
