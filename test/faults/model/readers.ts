/** Rows of D1 rewritten as an older or a newer version of the reader would have left them. */
import { env } from "cloudflare:workers";
import { READER_VERSION } from "../../../src/callback/callback.ts";
import type { Body } from "./bodies.ts";
import type { Act } from "./steps.ts";
import type { World } from "./world.ts";

/** What a newer reader found, and this one does not. */
export const NEWER_TAG = "ReadByNewer";
const OLDER_TAG = "ReadByOlder";

/** The end of a rank, which says who has read. */
const endOf = (reader: number): string => String(reader).padStart(3, "0");

const OLDER = 0;
const NEWER = READER_VERSION + 1;

const recordsOf = (tag: string, reader: number) => [
  env.DB.prepare(
    "UPDATE jobs SET tag = ?1, rank = substr(rank, 1, length(rank) - 3) || ?3 WHERE substr(rank, -3) = ?2",
  ).bind(tag, endOf(READER_VERSION), endOf(reader)),
  env.DB.prepare("UPDATE runs SET rank = substr(rank, 1, length(rank) - 3) || ?2 WHERE substr(rank, -3) = ?1").bind(
    endOf(READER_VERSION),
    endOf(reader),
  ),
];

export async function rewriteAsReadBy(world: World, { is, which }: Act & { do: "reader" }): Promise<void> {
  world.isRewritten = true;
  switch (is) {
    case "older":
      // The first version of the tables had no heard_at, no lists of jobs and no reader.
      await env.DB.batch([
        env.DB.prepare(`UPDATE deliveries SET reader = ${OLDER}, job_ids = NULL, job_count = NULL,
          run_id = NULL, heard_at = nullif(heard_at, received_at)
          WHERE reader = ${READER_VERSION} AND status IN ('stored', 'no-job')`),
        env.DB.prepare("UPDATE jobs SET heard_at = nullif(heard_at, received_at)"),
        ...recordsOf(OLDER_TAG, OLDER),
      ]);
      return;
    case "newer":
      await env.DB.batch([
        env.DB.prepare(`UPDATE deliveries SET reader = ${NEWER}
          WHERE reader = ${READER_VERSION} AND status IN ('stored', 'no-job')`),
        ...recordsOf(NEWER_TAG, NEWER),
      ]);
      await noteNewer(world);
      return;
    case "blind":
      await forget(world, which);
  }
}

/** A delivery that an older reader could not read, and so all that only it tells of. */
async function forget(world: World, which: number): Promise<void> {
  const bodies = world.ledger.bodies((id) => {
    const row = world.seen.stored.get(id);
    return row?.status === "stored" && row.hasBytes && !world.seen.spilled.has(id);
  });
  const body = bodies[which % Math.max(1, bodies.length)];
  if (body === undefined || isToldByOthers(world, body)) return;
  for (const { id } of body.claims) world.readByNewer.delete(id);
  world.blinded.add(body.id);
  await env.DB.batch([
    env.DB.prepare(`UPDATE deliveries SET status = 'quarantined', reason_code = 'malformed-body', reason = 'as an older reader says',
      reader = ${OLDER}, job_ids = NULL, job_count = NULL, run_id = NULL WHERE id = ?1`).bind(body.id),
    env.DB.prepare("DELETE FROM jobs WHERE delivery_id = ?1").bind(body.id),
    env.DB.prepare("DELETE FROM runs WHERE delivery_id = ?1").bind(body.id),
  ]);
}

function isToldByOthers(world: World, body: Body): boolean {
  const subjects = new Set(body.claims.map(({ subject, id }) => `${subject} ${id}`));
  const others = world.ledger.bodies((id) => id !== body.id);
  return others.some(({ claims }) => claims.some(({ subject, id }) => subjects.has(`${subject} ${id}`)));
}

/** Such a record stands until another delivery says more, or the delivery is gone and comes again. */
async function noteNewer(world: World): Promise<void> {
  const { results } = await env.DB.prepare("SELECT job_id, delivery_id FROM jobs WHERE tag = ?1")
    .bind(NEWER_TAG)
    .all<{ job_id: string; delivery_id: string }>();
  world.readByNewer = new Map(results.map(({ job_id, delivery_id }) => [job_id, delivery_id]));
}
