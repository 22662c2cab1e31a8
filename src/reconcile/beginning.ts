/** Which job a list begins with that is too large to be read. Pure. */
import { parseTime } from "../callback/time.ts";

const JOB_ID = /<JobId>([^<&]{1,200})<\/JobId>/;
const CREATION_TIME = /<CreationTime>([^<&]{1,40})<\/CreationTime>/;

/**
 * The job and its time of creation, in milliseconds since 1970. CI's samples have both before `Operation`, whose result
 * is what makes an answer large. Null where they are not there.
 */
export function jobAtBeginning(text: string): { jobId: string; createdAt: number } | null {
  const [head = ""] = text.split("<Operation>");
  const jobId = JOB_ID.exec(head)?.[1];
  const createdAt = parseTime(CREATION_TIME.exec(head)?.[1] ?? null);
  return jobId === undefined || createdAt === null ? null : { jobId, createdAt: Date.parse(createdAt) };
}
