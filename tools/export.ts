/** Writes every delivery that a receiver keeps to a file, byte for byte. Usage: npm run export -- --help */
import { runExport } from "./transfer/export.ts";
import { transfer } from "./transfer/run.ts";

process.exitCode = await transfer("export", process.argv.slice(2), async (options, job) => {
  const outcome = await runExport(options, job);
  return { outcome, done: `exported to ${options.file}`, goOn: "The same command goes on where this one ended." };
});
