/** Whether CI's answer says the same of a job as its callback did. Pure. */
import type { Content, ContentNode, JobReading } from "../callback/types.ts";

type Compared = Pick<JobReading, "state" | "code" | "detail">;

/** Nodes of a `JobsDetail` that are compared as they were read, wherever that was. */
const READ_NODES = new Set(["State", "Code"]);

/**
 * Nodes around the result. Published callbacks and answers leave them out here and there (a segmentation's callback has
 * no `QueueId` and no `StartTime`), which makes no other result of it; so they are compared only where both have them.
 */
const ENVELOPE_NODES = new Set(["Message", "Tag", "QueueId", "CreationTime", "StartTime", "EndTime", "Workflow"]);

/** Whether two readings tell the same state and the same result: all that is in them, whatever its order. */
export function isSameResult(a: Compared, b: Compared): boolean {
  return (
    a.state === b.state &&
    (a.code ?? "") === (b.code ?? "") &&
    isSameNode(comparedWith(b.detail, a.detail), comparedWith(a.detail, b.detail))
  );
}

const comparedWith = (other: ContentNode, detail: ContentNode): ContentNode =>
  Object.fromEntries(
    Object.entries(detail).filter(
      ([name]) => !READ_NODES.has(name) && (Object.hasOwn(other, name) || !ENVELOPE_NODES.has(name)),
    ),
  );

function isSame(a: Content | undefined, b: Content | undefined): boolean {
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  if (typeof a === "object" && typeof b === "object") return isSameNode(a, b);
  return a === b;
}

function isSameNode(a: ContentNode, b: ContentNode): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}
