/** What a file job found or made: hashes (436/79388), an archive, or the files of an archive. */
import { countAt, nodeAt, textAt, timeAt, type WithDetail } from "./nodes.ts";

/** Of `FileHashCode`. Hashes in hex as sent; those not asked for are null. */
export interface FileHash {
  kind: "hash";
  md5: string | null;
  sha1: string | null;
  sha256: string | null;
  sizeBytes: number | null;
  /** ISO 8601 in UTC. */
  lastModified: string | null;
  etag: string | null;
}

/** Of `FileCompress`: the archive. */
export interface CompressedFiles {
  kind: "archive";
  bucket: string | null;
  region: string | null;
  object: string | null;
  /** How many files went into it. */
  fileCount: number | null;
}

/** Of `FileUncompress`: where the archive's files are now. */
export interface UncompressedFiles {
  kind: "files";
  bucket: string | null;
  region: string | null;
  /** The prefix that the job had to give to each name. */
  prefix: string | null;
  fileCount: number | null;
}

export type FileResult = FileHash | CompressedFiles | UncompressedFiles;

/**
 * Reads the result of a file job; null if there is none: it failed or is not over, or its bytes are no longer kept.
 * @example const file = readFile(job); if (file?.kind === "hash") console.log(file.md5);
 */
export function readFile({ detail }: WithDetail): FileResult | null {
  const operation = nodeAt(detail, "Operation");
  const hash = nodeAt(operation, "FileHashCodeResult");
  if (hash !== null) return readHash(hash);
  const archive = nodeAt(operation, "FileCompressResult");
  if (archive !== null) {
    const fileCount = countAt(archive, "CompressFileCount");
    return { kind: "archive", ...readPlace(archive), object: textAt(archive, "Object"), fileCount };
  }
  const files = nodeAt(operation, "FileUncompressResult");
  if (files === null) return null;
  const prefix = textAt(operation, "FileUncompressConfig", "Prefix");
  return { kind: "files", ...readPlace(files), prefix, fileCount: countAt(files, "FileCount") };
}

const readHash = (node: object): FileHash => ({
  kind: "hash",
  md5: textAt(node, "MD5"),
  sha1: textAt(node, "SHA1"),
  sha256: textAt(node, "SHA256"),
  sizeBytes: countAt(node, "FileSize"),
  lastModified: timeAt(node, "LastModified"),
  etag: textAt(node, "Etag"),
});

const readPlace = (node: object): { bucket: string | null; region: string | null } => ({
  bucket: textAt(node, "Bucket"),
  region: textAt(node, "Region"),
});
