/** Bodies for the tests of the Worker: one job said in XML, with one change for each case. */

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

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const node = (name: string, text: string | null | undefined): string =>
  text === null || text === undefined ? "" : `<${name}>${escape(text)}</${name}>`;

/** A segmentation's callback for that job. */
export function segmentation(jobId: string, said: Said = {}): string {
  return `<Response><EventName>TaskFinish</EventName>${jobsDetail(jobId, said)}</Response>`;
}

export function jobsDetail(jobId: string, said: Said = {}): string {
  const { words = ["今天", "打车", "60"], Workflow = null } = said;
  let offset = 0;
  const tokens = words.map((word) => {
    const token =
      node("Length", `${word.length}`) + node("Offset", `${offset}`) + node("Pos", "n") + node("Word", word);
    offset += word.length;
    return `<WordsGeneralizeToken>${token}</WordsGeneralizeToken>`;
  });
  const workflow =
    Workflow === null
      ? ""
      : `<Workflow>${Object.entries(Workflow)
          .map(([name, text]) => node(name, text))
          .join("")}</Workflow>`;
  return `<JobsDetail>${[
    node("Tag", said.Tag === undefined ? "WordsGeneralize" : said.Tag),
    node("Code", said.Code === undefined ? "Success" : said.Code),
    node("State", said.State),
    node("CreationTime", "2026-03-01T08:00:00+0800"),
    node("EndTime", said.EndTime === undefined ? "2026-03-01T08:00:05+0800" : said.EndTime),
    node("JobId", jobId),
    node("Message", "Success"),
    node("QueueId", said.QueueId),
    `<Input>${node("BucketId", said.Bucket === undefined ? "texts-1250000000" : said.Bucket)}${node("Region", "ap-chongqing")}${node("Object", said.Object === undefined ? "notes/a.txt" : said.Object)}</Input>`,
    `<Operation>${node("UserData", said.UserData)}<WordsGeneralize><NerMethod>DL</NerMethod><SegMethod>MIX</SegMethod></WordsGeneralize><WordsGeneralizeResult>${tokens.join("")}</WordsGeneralizeResult></Operation>`,
    workflow,
  ].join("")}</JobsDetail>`;
}

/** The end of a workflow run with one task for each job. */
export function workflowFinish(runId: string, jobIds: readonly string[], State = "Success"): string {
  const tasks = jobIds.map(
    (jobId, index) =>
      `<Tasks><Type>WordsGeneralize</Type><CreateTime>2026-03-01 08:00:00+0800</CreateTime><EndTime>2026-03-01 08:00:09+0800</EndTime><State>${State}</State><JobId>${jobId}</JobId><Name>Step_${index}</Name></Tasks>`,
  );
  return `<Response><EventName>WorkflowFinish</EventName><WorkflowExecution><WorkflowId>w1</WorkflowId><WorkflowName>nightly</WorkflowName><RunId>${runId}</RunId><State>${State}</State><BucketId>texts-1250000000</BucketId><Object>notes/a.txt</Object><CreateTime>2026-03-01 08:00:00+0800</CreateTime>${tasks.join("")}</WorkflowExecution></Response>`;
}

let made = 0;

/** A JobId of its own for each use, since tests of a file share their storage. */
export const newJobId = (): string => `a${crypto.randomUUID().replaceAll("-", "")}${made++}`.slice(0, 33);
