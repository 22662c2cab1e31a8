/** Takes a request in and gives an answer out: what a request costs before any Worker does anything. */
export default {
  async fetch(request) {
    const body = await request.arrayBuffer();
    return Response.json({ bytes: body.byteLength });
  },
};
