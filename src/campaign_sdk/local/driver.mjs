// The npm package `postgres` 3.4 goes on with a connection that PostgreSQL has cut: what is
// written to it throws where nobody can catch it, its query waits for ever, and whoever had
// reserved it puts it back among the good ones. Its modules can't be reached from outside, so
// their text is put right as it is loaded.
//
// It also takes turns with its connections. Each would plan and compile anew what the one that
// was used last has at hand, so that one is taken.

import { registerHooks } from "node:module";

const GONE = "Errors.connection('CONNECTION_CLOSED', options)";
const REPAIRS = {
  "/node_modules/postgres/src/queue.js": [
    [
      "push: (x) => (xs.push(x), x),",
      `push: (x) => (xs.push(x), x),
      pop: () => {
        const out = xs.pop()
        if (index === xs.length) { index = 0; xs = [] }
        return out
      },`,
    ],
  ],
  "/node_modules/postgres/src/connection.js": [
    // What is sent in one go is written in one go.
    ["fn || chunk.length >= 1024", "fn || chunk.length >= 65536"],
    // What was to be written to it isn't written to the next one.
    [
      "socket.removeAllListeners()\n    socket = null",
      "socket.removeAllListeners()\n    socket = chunk = nextWriteTimer = null",
    ],
    // What was asked between its error and its end has failed as well, and isn't taken for what
    // the next one is asked; nor is what it was told last taken for the next one's answer.
    ["!hadError && (query || sent.length)", ";(query || sent.length)"],
    [
      "closedTime = performance.now()\n    hadError",
      "query = results = errorResponse = null\n    result = new Result()\n" +
        "    closedTime = performance.now()\n    hadError",
    ],
  ],
  "/node_modules/postgres/src/index.js": [
    ["const c = open.length\n      ? open.shift()", "const c = open.length\n      ? open.pop()"],
    // Who couldn't be given a connection isn't given the next one: nobody would use it.
    [
      "const query = { reserve: resolve, reject }",
      "const query = { reserve: resolve, reject: e => (queries.remove(query), reject(e)) }",
    ],
    // Who wants one, and is taken out of the line to have it opened, stays in line for it.
    [
      "queries.length && connect(c, queries.shift())\n  }\n}",
      "if (!queries.length) return\n    const next = queries.shift()\n" +
        "    next.reserve && queries.push(next)\n    connect(c, next)\n  }\n}",
    ],
    // Who had reserved it neither uses it any more, nor waits for it, nor gives it back.
    [
      "c.reserved.release = true",
      `c.reserved.release = true\n    let gone = false\n    c.onclose = () => {
        gone = true
        while (queue.length) queue.shift().reject(${GONE})
      }`,
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
