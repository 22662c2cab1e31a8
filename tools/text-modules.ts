/** For Node, what `[[rules]]` in wrangler.toml is for the Worker: the stylesheets and the script of the pages are text. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    if (!/\.css$|\.client\.js$/.test(url)) return next(url, context);
    const text = readFileSync(new URL(url), "utf8");
    return { format: "module", source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
  },
});
