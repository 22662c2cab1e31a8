/**
 * The built Worker on a D1 that answers at once: what is left is the CPU time of the Worker itself, which is what
 * the platform counts. Statements are written out as the binding would, answers are read from text as it does.
 * With the header `x-through` a request goes to the real database; what that answers to a question is kept.
 */
import worker from "./index.js";

const answers = new Map();

class InstantStatement {
  constructor(statement, sql, values = []) {
    Object.assign(this, { statement, sql, values });
  }

  bind(...values) {
    return new InstantStatement(this.statement.bind(...values), this.sql, values);
  }

  async first() {
    return (await this.all()).results[0] ?? null;
  }

  async all() {
    const question = JSON.stringify([this.sql, this.values]);
    if (!answers.has(question)) answers.set(question, JSON.stringify(await this.statement.all()));
    return JSON.parse(answers.get(question));
  }
}

const instantly = (db) => ({
  prepare: (sql) => new InstantStatement(db.prepare(sql), sql),
  withSession: () => instantly(db),
  getBookmark: () => null,
  async batch(statements) {
    const sent = JSON.stringify(statements.map(({ sql, values }) => ({ sql, params: values })));
    if (sent === "") throw new Error("Nothing was sent.");
    return statements.map(() => ({ success: true, results: [{ count: 1 }], meta: { changes: 1 } }));
  },
});

export default {
  fetch(request, env, context) {
    const bindings = request.headers.has("x-through") ? env : { ...env, DB: instantly(env.DB) };
    return worker.fetch(request, bindings, context);
  },
};
