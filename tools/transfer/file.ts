/** The file that an export is written to, page by page, so that whatever ends the export leaves complete pages. */
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { headLine, parseLine, readLines } from "./lines.ts";
import { countLine, newTally, type Tally } from "./tally.ts";

export interface ExportFile {
  /** Counts what the file has already. */
  tally: Tally;
  /** The cursor of the next page; null for the first. */
  cursor: string | null;
  /** Resolves when the operating system has the page. */
  append(page: Buffer): Promise<void>;
  /** Resolves when everything is on the disk. */
  close(): Promise<void>;
}

/** Opens a new file, or one of an interrupted export of this receiver, to continue after its last complete page. */
export async function openExport(path: string, base: URL): Promise<Result<ExportFile, string>> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const found = (await handle.stat()).size === 0 ? await begin(handle, base) : await resume(handle, path, base);
  if (!found.ok) {
    await handle.close();
    return found;
  }
  let { offset } = found.value;
  const { tally, cursor } = found.value;
  return ok({
    tally,
    cursor,
    async append(page) {
      await writeAt(handle, page, offset);
      offset += page.length;
    },
    async close() {
      await handle.sync();
      await handle.close();
    },
  });
}

interface Found {
  tally: Tally;
  cursor: string | null;
  /** Where the next page will be written, in bytes. */
  offset: number;
}

async function begin(handle: FileHandle, base: URL): Promise<Result<Found, string>> {
  const head = Buffer.from(headLine(base));
  await writeAt(handle, head, 0);
  return ok({ tally: newTally(), cursor: null, offset: head.length });
}

/** Reads and checks what is there, and cuts off what follows the last complete page. */
async function resume(handle: FileHandle, path: string, base: URL): Promise<Result<Found, string>> {
  let found: Found | null = null;
  const tally = newTally();
  for await (const { number, text, end } of readLines(createReadStream(path))) {
    const line = parseLine(text);
    if (number === 1) {
      if (!line.ok || line.value.kind !== "head") break;
      if (line.value.from !== base.href)
        return fail(`${path} is an export of ${line.value.from}. Give that base URL, or another file.`);
      found = { tally: newTally(), cursor: null, offset: end };
      continue;
    }
    // After a crash of the machine, anything may follow the last page that reached the disk.
    if (!line.ok || line.value.kind === "head") break;
    if (line.value.kind !== "next") {
      countLine(tally, line.value);
      continue;
    }
    if (line.value.next === null)
      return fail(`${path} is a whole export already. Give another file, or move this one away.`);
    found = { tally: structuredClone(tally), cursor: line.value.next, offset: end };
  }
  if (found === null) return fail(`${path} is there and is not an export. Give another file.`);
  await handle.truncate(found.offset);
  return ok(found);
}

async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;)
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}
