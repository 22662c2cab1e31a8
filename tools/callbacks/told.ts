/**
 * Callbacks that say just what they are told to say, for tests that name each field; callback.ts makes up whole ones.
 * No I/O, no clock.
 */
import type { Format } from "./callback.ts";
import { printXml, toJson, type Tree } from "./tree.ts";

/** A `TaskFinish` about these jobs in the plainest form: XML, or JSON without a `Response`. */
export const printTask = (format: Format, ...details: readonly Tree[]): string =>
  print(format, { EventName: "TaskFinish", JobsDetail: details });

/** The `WorkflowFinish` of a run, in the same form. */
export const printWorkflow = (format: Format, execution: Tree): string =>
  print(format, { EventName: "WorkflowFinish", WorkflowExecution: execution });

const print = (format: Format, content: Tree): string =>
  format === "xml"
    ? printXml("Response", content, { declaration: false, indent: false })
    : JSON.stringify(toJson(content, false));

/** The tokens of a text: each begins where the one before it ends. */
export function tokensOf(words: readonly (readonly [word: string, pos: string])[]): Tree[] {
  let offset = 0;
  return words.map(([word, pos]) => {
    const token = { Word: word, Offset: String(offset), Length: String(word.length), Pos: pos };
    offset += word.length;
    return token;
  });
}
