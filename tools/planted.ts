/**
 * `npm run test:planted`: plants known defects in copies of the project, one at a time, and holds the model test
 * (test/faults/model.test.ts) to finding each within the number of runs that CI gives it. `MODEL_SEED` and
 * `MODEL_RUNS` as there; arguments are numbers of the defects to plant, all of them without. An edit that does not fit
 * the source any more is an error, and nothing is run.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

interface Defect {
  name: string;
  /** Whose it is, where not D1's. */
  store?: "kv";
  /** In src/: texts that occur once, and what stands in their place. */
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

const DEFECTS: readonly Defect[] = [
  {
    name: "a reading is marked as not ended before it is made, and a write that fails leaves the mark",
    edits: MARKED_FIRST,
  },
  {
    name: "that mark lands on a delivery that was read meanwhile",
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
    name: "a reading of a delivery that is gone meanwhile is lost",
    edits: [
      {
        file: "store/d1/write.ts",
        from: "gone: readings.map(({ id }) => id).filter((id) => !kept.has(id)),",
        to: "gone: [...kept].slice(kept.size),",
      },
    ],
  },
  {
    name: "the age of a job counts from the first word on it",
    edits: [
      {
        file: "store/d1/sql.ts",
        from: "`coalesce(${table}.heard_at, ${table}.received_at)`",
        to: "`${table}.received_at`",
      },
    ],
  },
  {
    name: "the bytes of a job are the store's, and its record the spill's",
    edits: [
      {
        file: "api/jobs.ts",
        from: "const found = await findKnownJob(c.var.places, jobId);\n  if (found !== null && !isOnlyExpected(found)) return rawResponse(c, found);",
        to: "const found = await findKnownJob({ ...c.var.places, spill: null }, jobId);\n  if (found !== null && !isOnlyExpected(found)) return rawResponse(c, found);",
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
    name: "the spill forgets a delivery before the store has it",
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
    name: "a repeat that was spilled is forgotten where the store has the delivery",
    edits: [
      {
        file: "drain.ts",
        from: "  await store.keep(group);\n",
        to: "",
      },
    ],
  },
  {
    name: "a repeat that is kept unread is no word on its jobs",
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
    name: "KV keeps one record of a job, read, changed and written",
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
    name: "KV says that a delivery is read before what it says is written",
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

/** What the model test says of its search. */
const SEARCH = /(?:d1|kv), seed \d+, \w+: \d+ runs of \d+ steps in \d+ s/;

/** The files of src/ with the defect. Throws where an edit does not fit them. */
function planted({ name, edits }: Defect): Map<string, string> {
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

/** Whether the model test failed in a copy with the defect, and how much it ran. */
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

// All of them, before any takes its time.
for (const defect of DEFECTS) planted(defect);

const wanted = process.argv.slice(2).map(Number);
let missed = 0;
for (const [index, defect] of DEFECTS.entries()) {
  if (wanted.length > 0 && !wanted.includes(index + 1)) continue;
  const { isFound, told } = search(defect);
  if (!isFound) missed += 1;
  console.log(`${isFound ? "found " : "MISSED"} ${index + 1}. ${defect.name} (${told})`);
}
process.exitCode = missed > 0 ? 1 : 0;
