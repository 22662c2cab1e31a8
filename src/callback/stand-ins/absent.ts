/**
 * The stand-ins of this folder. `[alias]` in wrangler.toml gives them to fast-xml-parser instead of the packages that
 * it imports for entities, numbers and patterns of paths. `treeOf` turns those features off, and the strict pass
 * refuses the document types that declare entities. So the Worker saves 12 KiB. What fast-xml-parser calls all the same
 * does nothing here, and everything else throws.
 */

/** A function of a package that must never be called. */
export const absent = (name: string) => (): never => {
  throw new Error(`fast-xml-parser called ${name}, which the Worker does not carry.`);
};
