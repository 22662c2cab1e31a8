/**
 * `npm run test:planted`: plants known defects in copies of the project, one at a time, and checks that the model test
 * (test/faults/model.test.ts) finds each within `MODEL_RUNS` runs, 300 unless set. Arguments are the numbers of the
 * defects to plant; without arguments all are planted. If an edit no longer fits the source, nothing is run; a unit
 * test fails then, too.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

export interface Defect {
  name: string;
  /** The store that has it, if not D1. */
  store?: "kv";
  /** Edits of files in src/: a text that occurs once, and its replacement. */
  edits: readonly { file: string; from: string; to: string }[];
}

const MARKED_FIRST = [
  {
    file: "store/d1/sql.ts",
    from: "status = iif(attempts >= ${READ_ATTEMPTS}, 'quarantined', status),\n    reason_code = iif(attempts >= ${READ_ATTEMPTS}, ?2, NULL),\n    reason = iif(attempts >= ${READ_ATTEMPTS}, ?3, NULL)",
    to: "status = 'quarantined', reason_code = ?2, reason = ?3",
  },
  {
    file: "store/d1/d1.ts",
    from: 'return row.status === "pending" ? "claimed" : "exhausted";',
    to: 'return "claimed";',
  },
];

export const DEFECTS: readonly Defect[] = [
  {
    name: "a reading is marked as unfinished before it begins, and a write that fails leaves the mark",
    edits: MARKED_FIRST,
  },
  {
    name: "that mark is set on a delivery that was read in the meantime",
    edits: [
      ...MARKED_FIRST,
      {
        file: "store/d1/sql.ts",
        from: "WHERE id = ?1 AND status = 'pending'\n  RETURNING status`",
        to: "WHERE id = ?1\n  RETURNING status`",
      },
    ],
  },
  {
    name: "retention deletes what was due when it looked, whatever has happened since",
    edits: [
      {
        file: "store/d1/purge.ts",
        from: "`(SELECT ${column} FROM deliveries WHERE ${IN_SLICE} AND ${DUE[kind]})`",
        to: "`(SELECT ${column} FROM deliveries WHERE ${IN_SLICE} AND (true OR ${DUE[kind]}))`",
      },
      {
        file: "store/d1/purge.ts",
        from: "`DELETE FROM deliveries WHERE ${IN_SLICE} AND ${DUE[kind]}`",
        to: "`DELETE FROM deliveries WHERE ${IN_SLICE} AND (true OR ${DUE[kind]})`",
      },
    ],
  },
  {
    name: "the reading of a delivery that was deleted in the meantime is lost",
    edits: [
      {
        file: "store/d1/write.ts",
        from: "gone: readings.map(({ id }) => id).filter((id) => !kept.has(id)),",
        to: "gone: [...kept].slice(kept.size),",
      },
    ],
  },
  {
    name: "the age of a job counts from the first delivery that named it",
    edits: [
      {
        file: "store/d1/sql.ts",
        from: "`coalesce(${table}.heard_at, ${table}.received_at)`",
        to: "`${table}.received_at`",
      },
    ],
  },
  {
    name: "a look-up combines the bytes in the store with the record in the spill",
    edits: [
      {
        file: "api/jobs.ts",
        from: "const found = await findKnownJob(c.var.places, jobId);\n  if (found !== null && !isOnlyExpected(found)) return rawResponse",
        to: "const found = await findKnownJob({ ...c.var.places, spill: null }, jobId);\n  if (found !== null && !isOnlyExpected(found)) return rawResponse",
      },
    ],
  },
  {
    name: "an older reader's reading replaces a newer one's",
    edits: [
      {
        file: "store/d1/sql.ts",
        from: "`${next}.status <> 'pending' AND ${next}.reader >= ${last}.reader`",
        to: "`${next}.status <> 'pending' AND ${last}.reader >= 0`",
      },
      {
        file: "store/d1/sql.ts",
        from: "AND ${readerOf(`${next}.rank`)} >= ${readerOf(`${table}.rank`)}",
        to: "AND ${readerOf(`${next}.rank`)} >= ''",
      },
    ],
  },
  {
    name: "the spill deletes a delivery before the store has it",
    edits: [
      {
        file: "drain.ts",
        from: "  try {\n    taken = await take(group);",
        to: "  try {\n    await forget(group.map(({ id }) => id));\n    taken = await take(group);",
      },
    ],
  },
  {
    name: "the record is what ended last, whatever else it says",
    edits: [
      {
        file: "store/d1/sql.ts",
        from: "${next}.rank > ${table}.rank OR",
        to: "substr(${next}.rank, 4, 15) > substr(${table}.rank, 4, 15) OR",
      },
    ],
  },
  {
    name: "a spilled repeat is dropped if the store has the delivery",
    edits: [
      {
        file: "drain.ts",
        from: "  await store.keep(group);\n",
        to: "",
      },
    ],
  },
  {
    name: "a repeat that is kept unread does not make its jobs younger",
    edits: [{ file: "store/d1/write.ts", from: "if (heard.length > 0) await", to: "if (heard.length > 1_000) await" }],
  },
  {
    name: "a reparse of a spilled delivery counts it, and so does the drain",
    edits: [
      {
        file: "intake.ts",
        from: "{ ...arrivalOf(delivery, body), nonce }",
        to: "{ ...arrivalOf(delivery, body), nonce: nonce === undefined ? nonce : null }",
      },
    ],
  },
  {
    name: "KV keeps one record of a job, which is read, changed and written back",
    store: "kv",
    edits: [
      {
        file: "store/kv/claims.ts",
        from: 'await kv.setNoted(name, facts, said, expiryOf("stored", retention, keptAt(head)));',
        to: `const others = await list(kind, id);
      if (others.some(({ rank }) => rank > row.rank)) return;
      await kv.setNoted(name, facts, said, expiryOf("stored", retention, keptAt(head)));
      for (const other of await list(kind, id)) if (other.name !== name) await kv.remove(other.name);`,
      },
    ],
  },
  {
    name: "KV writes what a delivery says of a job before its place in lists",
    store: "kv",
    edits: [
      {
        file: "store/kv/write.ts",
        from: "if (news) await writePlaces(told, read);\n        await writeClaims(told, read, born);",
        to: "await writeClaims(told, read, born);\n        if (news) await writePlaces(told, read);",
      },
    ],
  },
  {
    name: "KV marks a delivery as read before what it says is written",
    store: "kv",
    edits: [
      {
        file: "store/kv/write.ts",
        from: "if (isWaiting(last)) return arrived;",
        to: "if (last === undefined) return arrived;",
      },
    ],
  },
];

const ROOT = resolve(import.meta.dirname, "..");
const NOT_COPIED = new Set(["node_modules", ".git", "dist", "coverage", ".wrangler"]);

/** The line in which the model test says how much it has run. */
const SEARCH = /(?:d1|kv), seed \d+, \w+: \d+ runs of \d+ steps in \d+ s/;

/** The edited files of src/, by path. Throws if an edit does not fit. */
export function planted({ name, edits }: Defect): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const text = files.get(file) ?? readFileSync(join(ROOT, "src", file), "utf8");
    if (text.split(from).length !== 2)
      throw new Error(`"${name}" does not fit: src/${file} does not have this text once:\n${from}`);
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  return files;
}

/** Runs the model test in a copy with the defect. Says whether it failed, and how much it ran. */
function search(defect: Defect): { isFound: boolean; told: string } {
  const root = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    cpSync(ROOT, root, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    for (const [file, text] of planted(defect)) writeFileSync(join(root, "src", file), text);
    const command = [
      "vitest",
      "run",
      "--project",
      "faults",
      "test/faults/model.test.ts",
      "-t",
      defect.store ?? "d1",
      "--silent=false",
    ];
    const { status, stdout } = spawnSync("npx", command, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, MODEL_SHRINKS: "no" },
    });
    const told = SEARCH.exec(stdout)?.[0];
    if (told === undefined) throw new Error(`the model test did not run:\n${stdout.slice(-2_000)}`);
    return { isFound: status !== 0, told };
  } finally {
    rmSync(root, { recursive: true });
  }
}

if (import.meta.main) {
  // All edits are checked before the first search, which takes minutes.
  for (const defect of DEFECTS) planted(defect);
  const wanted = process.argv.slice(2).map(Number);
  for (const [index, defect] of DEFECTS.entries()) {
    if (wanted.length > 0 && !wanted.includes(index + 1)) continue;
    const { isFound, told } = search(defect);
    if (!isFound) process.exitCode = 1;
    console.log(`${isFound ? "found " : "MISSED"} ${index + 1}. ${defect.name} (${told})`);
  }
}
