/** What a translation gave: the text itself or the file it wrote (436/73481). */
import { nodeAt, textAt, type WithDetail } from "./nodes.ts";
import { type OutputFile, readOutputFiles } from "./output-files.ts";

export interface TranslationResult {
  /** The translated text; null if the job wrote a file instead. */
  text: string | null;
  /** The language of the input, as the job was told, such as `en`. */
  sourceLanguage: string | null;
  /** The kind of file, as the job was told, such as `pdf` or `txt`. */
  fileType: string | null;
  files: OutputFile[];
}

/**
 * Reads the result of a translation; null if there is none: it failed or is not over, or its bytes are no longer kept.
 * @example readTranslation(job)?.files[0]?.object // "out/zh.pdf"
 */
export function readTranslation({ detail }: WithDetail): TranslationResult | null {
  const operation = nodeAt(detail, "Operation");
  // The table lists `Result` beside `AITranslateResult`, and describes it as what is inside.
  const text = textAt(operation, "AITranslateResult", "Result") ?? textAt(operation, "Result");
  const files = readOutputFiles(detail);
  if (text === null && files.length === 0) return null;
  return {
    text,
    sourceLanguage: textAt(operation, "Translation", "Lang"),
    fileType: textAt(operation, "Translation", "Type"),
    files,
  };
}
