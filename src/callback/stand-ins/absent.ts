/**
 * The stand-ins of this folder: `[alias]` in wrangler.toml gives them to fast-xml-parser in the place of the packages
 * that it imports for entities, numbers and patterns of paths. `treeOf` turns those off, and the strict pass refuses
 * the document types that declare entities, so the Worker does without the 12 KiB of the packages. What
 * fast-xml-parser calls all the same does nothing here; anything else throws.
 */

/** A function of a package that must never be called. */
export const absent = (name: string) => (): never => {
  throw new Error(`fast-xml-parser called ${name}, which the Worker does not carry.`);
};
