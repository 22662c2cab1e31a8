/** The files that a job made, wherever its result names them. */
import { hasSucceeded, nodeAt, nodesAt, textAt, textsAt } from "./nodes.ts";

export interface OutputFile {
  bucket: string | null;
  region: string | null;
  /** The whole object name, its prefix included. */
  object: string;
  /** In hex, as sent; null if CI gives none. */
  md5: string | null;
}

/** The files that a job's result names. If it names none and the job succeeded, those that `Output` asked for. */
export function readOutputFiles(detail: unknown): OutputFile[] {
  const operation = nodeAt(detail, "Operation");
  const made = nodesAt(operation, "MediaResult", "OutputFile").flatMap(filesOf);
  if (made.length > 0) return made;
  const told = readTaskFiles(detail, "ObjectInfo");
  if (told.length > 0 || !hasSucceeded(detail)) return told;
  return nodesAt(operation, "Output").flatMap((output) => fileOf(output, "Object"));
}

/** The sheets of small pictures that a snapshot job made beside its pictures. */
export function readSpriteFiles(detail: unknown): OutputFile[] {
  const files = nodesAt(detail, "Operation", "MediaResult", "OutputFile");
  const made = files.flatMap((file) => nodesAt(file, "SpriteOutputFile")).flatMap(filesOf);
  return made.length > 0 ? made : readTaskFiles(detail, "SpriteObjectInfo");
}

/** The files in the line of a task in a `WorkflowFinish`. Their bucket is that of the run. */
export const readTaskFiles = (task: unknown, list: "ObjectInfo" | "SpriteObjectInfo"): OutputFile[] =>
  nodesAt(task, "ResultInfo", list).flatMap((file) => fileOf(file, "ObjectName"));

/** Files that a result names without a bucket, which is that of `Output`. If it names none, `Output` itself. */
export function readNamedFiles(detail: unknown, result: object, ...names: readonly string[]): OutputFile[] {
  const output = nodeAt(detail, "Operation", "Output");
  const place = { bucket: textAt(output, "Bucket"), region: textAt(output, "Region") };
  const named = names.flatMap((name) => fileOf(result, name)).map((file) => ({ ...file, ...place }));
  return named.length > 0 ? named : readOutputFiles(detail);
}

/** A file whose whole name is in a node. A name such as `out-${Number}.jpg` is a pattern, and not a file. */
function fileOf(node: object, name: string): OutputFile[] {
  const object = textAt(node, name);
  if (object === null || object.includes("${")) return [];
  return [{ bucket: textAt(node, "Bucket"), region: textAt(node, "Region"), object, md5: null }];
}

/** `OutputFile`: names that may share a prefix, and a list of hashes by whole name. */
function filesOf(node: object): OutputFile[] {
  const hashes = new Map(nodesAt(node, "Md5Info").map((info) => [textAt(info, "ObjectName"), textAt(info, "Md5")]));
  const prefix = textAt(node, "ObjectPrefix") ?? "";
  const place = { bucket: textAt(node, "Bucket"), region: textAt(node, "Region") };
  return textsAt(node, "ObjectName").map((name) => {
    const object = prefix + name;
    return { ...place, object, md5: hashes.get(object) ?? null };
  });
}
