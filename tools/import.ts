/** Puts the deliveries of an export into a receiver. Usage: npm run import -- --help */
import { runImport } from "./transfer/import.ts";
import { transfer } from "./transfer/run.ts";

process.exitCode = await transfer("import", process.argv.slice(2), async (options, job) => {
  const place = { line: options.from };
  const outcome = await runImport(options, job, place);
  return { outcome, done: `imported from ${options.file}`, goOn: `Go on with --from ${place.line}.` };
});
