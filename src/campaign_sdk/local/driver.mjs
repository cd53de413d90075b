// The npm package `postgres` 3.4 goes on with a connection that PostgreSQL has cut: what is
// written to it throws where nobody can catch it, its query waits for ever, and whoever had
// reserved it puts it back among the good ones. Its modules can't be reached from outside, so
// their text is put right as it is loaded.

import { registerHooks } from "node:module";

const GONE = "Errors.connection('CONNECTION_CLOSED', options)";
const REPAIRS = {
  "/node_modules/postgres/src/connection.js": [
    // A query on a connection that is gone is refused.
    ["if (terminated)\n      return queryError(", "if (terminated || !socket)\n      return queryError("],
    // What was to be written to it isn't written to the next one.
    [
      "socket.removeAllListeners()\n    socket = null",
      "socket.removeAllListeners()\n    socket = chunk = nextWriteTimer = null",
    ],
  ],
  "/node_modules/postgres/src/index.js": [
    // Who had reserved it neither uses it any more, nor gives it back.
    [
      "c.reserved.release = true",
      "c.reserved.release = true\n    let gone = false\n    c.onclose = () => { gone = true }",
    ],
    [
      "sql.release = () => {\n      c.reserved = null",
      "sql.release = () => {\n      if (gone) return\n      c.onclose = c.reserved = null",
    ],
    [
      "return sql\n\n    function handler(q) {",
      `return sql\n\n    function handler(q) {\n      if (gone) return q.reject(${GONE})`,
    ],
    [
      "q.catch(e => uncaughtError || (uncaughtError = e))",
      "q.catch(e => uncaughtError || (uncaughtError = e))\n" +
        `        if (c.queue === closed || c.queue === connecting) return q.reject(${GONE})`,
    ],
  ],
};

function repaired(text, repairs) {
  return repairs.reduce((source, [wrong, right]) => {
    if (!source.includes(wrong)) throw new Error("the driver has changed: look at driver.mjs");
    return source.replace(wrong, right);
  }, text);
}

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const file = Object.keys(REPAIRS).find((name) => url.endsWith(name));
    if (!file) return loaded;
    return { ...loaded, source: repaired(String(loaded.source), REPAIRS[file]) };
  },
});
