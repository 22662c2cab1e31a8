/** The limit of the platform: a Worker that does one statement in D1 and nothing else. */
export default {
  async fetch(request, env) {
    const id = new URL(request.url).pathname.slice(1);
    if (request.method === "POST") {
      await env.DB.prepare("INSERT INTO bare (id, body) VALUES (?1, ?2)")
        .bind(id, await request.text())
        .run();
      return new Response("stored");
    }
    const row = await env.DB.prepare("SELECT body FROM bare WHERE id = ?1").bind(id).first();
    return row === null ? new Response("unknown", { status: 404 }) : new Response(row.body);
  },
};
