/**
 * The version that runs meanwhile, and one that is rolled back to, work on the schema of every later migration. So a
 * migration only adds: what an older version reads is still there, and what it writes is still taken.
 */
import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";

const FOLDER = new URL("../../migrations/", import.meta.url).pathname;
const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sql"))
  .toSorted();

interface Column {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
}

/** Tables with their columns, and the columns that each unique index holds unique. */
type Schema = Record<string, { columns: Column[]; unique: string[]; triggers: string[] }>;

function schemaOf(database: DatabaseSync): Schema {
  const all = <T>(sql: string, ...values: string[]): T[] => database.prepare(sql).all(...values) as T[];
  const tables = all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
  );
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      {
        columns: all<Column>('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', name),
        unique: all<{ text: string }>(
          `SELECT coalesce(m.sql, (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i)) AS text
           FROM pragma_index_list(?) l LEFT JOIN sqlite_master m ON m.name = l.name WHERE l."unique" = 1`,
          name,
        ).map(({ text }) => text),
        triggers: all<{ sql: string }>(
          "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
          name,
        ).map(({ sql }) => sql),
      },
    ]),
  );
}

/** What the older version could not do on the newer schema, in sentences. */
function breaks(before: Schema, after: Schema): string[] {
  return Object.entries(before).flatMap(([table, old]) => {
    const now = after[table];
    if (now === undefined) return [`${table} is gone`];
    const gone = old.columns.flatMap((column) => {
      const same = now.columns.find(({ name }) => name === column.name);
      if (same === undefined) return [`${table}.${column.name} is gone`];
      return JSON.stringify(same) === JSON.stringify(column) ? [] : [`${table}.${column.name} is another`];
    });
    const needed = now.columns
      .filter(
        ({ name, notnull, dflt_value }) =>
          notnull === 1 && dflt_value === null && !old.columns.some((column) => column.name === name),
      )
      .map(({ name }) => `${table}.${name} has to be given`);
    const unique = now.unique
      .filter((index) => !old.unique.includes(index))
      .map((index) => `${table} has to be unique: ${index}`);
    const lost = old.unique
      .filter((index) => !now.unique.includes(index))
      .map((index) => `${table} is no longer unique: ${index}`);
    const raising = now.triggers
      .filter((sql) => /RAISE\s*\(/i.test(sql) && !old.triggers.includes(sql))
      .map(() => `${table} has a trigger that refuses`);
    return [...gone, ...needed, ...unique, ...lost, ...raising];
  });
}

const apply = (database: DatabaseSync, file: string): void => database.exec(readFileSync(`${FOLDER}${file}`, "utf8"));

test("there are migrations to hold to it", () => {
  expect(FILES.length).toBeGreaterThan(0);
});

test.each(FILES)("%s only adds", (file) => {
  const database = new DatabaseSync(":memory:");
  for (const earlier of FILES.slice(0, FILES.indexOf(file))) apply(database, earlier);
  const before = schemaOf(database);
  apply(database, file);
  expect(breaks(before, schemaOf(database))).toEqual([]);
});

describe("the rule", () => {
  const BASE = "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, n INTEGER NOT NULL); CREATE UNIQUE INDEX u ON t (a)";
  test.each<[sql: string, expected: string[]]>([
    ["ALTER TABLE t ADD COLUMN b TEXT", []],
    ["ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 0", []],
    ["CREATE INDEX i ON t (n); CREATE TABLE other (x TEXT NOT NULL)", []],
    ["CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE n < 0; END", []],
    ["DROP TABLE t", ["t is gone"]],
    ["ALTER TABLE t RENAME TO s", ["t is gone"]],
    ["ALTER TABLE t DROP COLUMN n", ["t.n is gone"]],
    [
      "ALTER TABLE t RENAME COLUMN a TO b",
      [
        "t.a is gone",
        "t has to be unique: CREATE UNIQUE INDEX u ON t (b)",
        "t is no longer unique: CREATE UNIQUE INDEX u ON t (a)",
      ],
    ],
    ["DROP INDEX u", ["t is no longer unique: CREATE UNIQUE INDEX u ON t (a)"]],
    ["CREATE UNIQUE INDEX v ON t (n)", ["t has to be unique: CREATE UNIQUE INDEX v ON t (n)"]],
    [
      "CREATE TABLE s (id TEXT PRIMARY KEY, a INTEGER, n INTEGER NOT NULL, m TEXT NOT NULL); DROP TABLE t; ALTER TABLE s RENAME TO t; CREATE UNIQUE INDEX u ON t (a)",
      ["t.a is another", "t.m has to be given"],
    ],
    ["CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END", ["t has a trigger that refuses"]],
  ])("%s: %j", (sql, expected) => {
    const database = new DatabaseSync(":memory:");
    database.exec(BASE);
    const before = schemaOf(database);
    database.exec(sql);
    expect(breaks(before, schemaOf(database))).toEqual(expected);
  });
});
