// A line to PostgreSQL on which a request costs few round trips, as PostgREST's does.
//
// kysely's driver prepares nothing, so that each statement is parsed anew and takes two round
// trips, and it waits for the answer to each. Here calls of functions and the settings of a
// request are prepared once a connection; what has no answer worth waiting for is sent together
// with what follows it, and what Lite will ask next together with the call.

const CALL =
  /^select (?:\*|"\w+"(?:, "\w+")*) from "?\w+"?\."?\w+"?\([^()]*\) as "\w+"(?: limit \$\d+)?$/;
const RESPONSE = /^\s*select current_setting\('response\.status', true\) as status,/i;
const NOTHING = Object.assign([], { command: "", count: 0 });

/** Let the connections that are taken from a postgres.js driver do so. */
export function prepareStatements(driver, { settings, version }) {
  const { reserve } = driver;
  driver.reserve = async () => new Line(await reserve(), settings, version);
}

class Line {
  #line;
  #settings;
  #version;
  #failure;
  #response;

  constructor(line, settings, version) {
    this.#line = line;
    this.#settings = settings;
    this.#version = version;
  }

  release() {
    this.#line.release();
  }

  unsafe(text, values = []) {
    if (text === "begin") return this.#begin(text);
    if (text === this.#settings) return this.#ahead(this.#prepared(text, values));
    if (CALL.test(text)) return this.#call(text, values);
    if (RESPONSE.test(text)) return this.#response ?? this.#line.unsafe(text);
    return this.#told(this.#line.unsafe(text, values));
  }

  #begin(text) {
    this.#failure = this.#response = undefined;
    return this.#ahead(this.#line.unsafe(text));
  }

  #call(text, values) {
    // A new version of the schema has new plans.
    const answer = this.#told(this.#prepared(`${text} -- ${this.#version()}`, values));
    this.#response = this.#prepared(ASKED_NEXT, []);
    this.#response.catch(() => {});
    return answer;
  }

  #prepared(text, values) {
    return this.#line.unsafe(text, values, { prepare: true, simple: false });
  }

  #ahead(query) {
    query.catch((error) => (this.#failure ??= error));
    return NOTHING;
  }

  /** After what went ahead has failed, whatever follows only says that the transaction has. */
  #told(query) {
    return query.catch((error) => Promise.reject(this.#failure ?? error));
  }
}

const ASKED_NEXT =
  "select current_setting('response.status', true) as status, " +
  "current_setting('response.headers', true) as headers";
