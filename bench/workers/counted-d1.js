/**
 * The built Worker on a D1 that is counted: `GET /` with the header `x-figures` answers the rows written since the last
 * time, index entries included, and the size of the database in bytes.
 */
import worker from "./index.js";

let rowsWritten = 0;

const counted = (db) => ({
  prepare: (sql) => db.prepare(sql),
  withSession: (constraint) => db.withSession(constraint),
  async batch(statements) {
    const results = await db.batch(statements);
    for (const { meta } of results) rowsWritten += meta.rows_written;
    return results;
  },
});

export default {
  async fetch(request, env, context) {
    if (!request.headers.has("x-figures")) return worker.fetch(request, { ...env, DB: counted(env.DB) }, context);
    const { meta } = await env.DB.prepare("SELECT 1").all();
    const figures = { rowsWritten, bytes: meta.size_after };
    rowsWritten = 0;
    return Response.json(figures);
  },
};
