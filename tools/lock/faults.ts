/**
 * What is wrong with a package-lock.json (lockfileVersion 3). If the file has no hash of a package, npm installs it
 * unchecked, and it downloads from wherever `resolved` says. Pure.
 */

/** The part of an entry of `packages` that matters here. */
export interface LockedPackage {
  integrity?: string;
  resolved?: string;
  /** True for a folder of this project that is linked into node_modules. */
  link?: boolean;
  hasInstallScript?: boolean;
}

/** A lock file: its packages by where they are installed; "" is the project itself. */
export interface Lock {
  packages: Readonly<Record<string, LockedPackage>>;
}

/** The field `allowScripts` of package.json: false for a package whose install scripts npm must not run. */
export type AllowScripts = Readonly<Record<string, boolean>>;

/** One sentence for each fault, in the order of the file; none for a sound file. */
export function lockFaults(lock: Lock, allowScripts: AllowScripts): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const isFromRegistry = path.includes("node_modules/") && entry.link !== true;
    return isFromRegistry ? faultsOf(path, entry, allowScripts) : [];
  });
}

function faultsOf(path: string, entry: LockedPackage, allowScripts: AllowScripts): string[] {
  const faults: string[] = [];
  if (entry.integrity === undefined) faults.push(`${path} has no integrity hash.`);
  else if (!entry.integrity.startsWith("sha512-")) faults.push(`${path} has a hash other than SHA-512.`);
  if (entry.resolved !== undefined) faults.push(`${path} names where it was downloaded from.`);
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  if (entry.hasInstallScript === true && allowScripts[name] !== false) {
    faults.push(`${path} has an install script, and allowScripts in package.json does not forbid it.`);
  }
  return faults;
}
