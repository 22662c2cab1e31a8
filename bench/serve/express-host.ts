/**
 * What one would write without the platform: Express, xml2js, and SQLite with every commit synced to disk.
 * `node express-host.ts <options as JSON>`. Keeps the bytes, and the job as JSON, which a look-up gives as it is.
 */
import { DatabaseSync } from "node:sqlite";
import express from "express";
import { parseStringPromise } from "xml2js";

const { port, folder } = JSON.parse(process.argv[2] ?? "") as { port: number; folder: string };
const db = new DatabaseSync(`${folder}/express.sqlite`);
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
db.exec("CREATE TABLE IF NOT EXISTS jobs (job_id TEXT PRIMARY KEY, body BLOB NOT NULL, job TEXT NOT NULL)");
const put = db.prepare("INSERT OR REPLACE INTO jobs (job_id, body, job) VALUES (?, ?, ?)");
const get = db.prepare("SELECT job FROM jobs WHERE job_id = ?");

const app = express();
// Express 5 answers for a rejected handler.
// oxlint-disable-next-line oxc/no-async-endpoint-handlers
app.post("/callbacks", express.raw({ type: () => true, limit: "16mb" }), async (request, response) => {
  const body = request.body as Buffer;
  const tree = (await parseStringPromise(body.toString("utf8"), { explicitArray: false })) as {
    Response: { JobsDetail: { JobId: string } };
  };
  const job = tree.Response.JobsDetail;
  put.run(job.JobId, body, JSON.stringify(job));
  response.json({ jobs: [job.JobId] });
});
app.get("/jobs/:jobId", (request, response) => {
  const row = get.get(request.params.jobId) as { job: string } | undefined;
  if (row === undefined) response.sendStatus(404);
  else response.type("json").send(row.job);
});
app.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ pid: process.pid })));
process.once("SIGTERM", () => process.exit(0));
