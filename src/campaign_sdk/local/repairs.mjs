// What Lite 0.10 gets wrong on PostgreSQL, put right. Each repair has a test in
// tests/local/ that fails without it.

import { PostgresConnection } from "@supabase/lite/postgres";
import { CompiledQuery } from "kysely";
import { SETTINGS, settingsOf } from "./caller.mjs";
import { answersItself, postgrestError, refuseUnfiltered } from "./errors.mjs";
import { wrapArguments, wrapColumns } from "./json.mjs";
import { prepareStatements } from "./prepared.mjs";
import { Trips } from "./trip.mjs";
import { types } from "./types.mjs";

// Requests beyond the pool wait for their turn; PostgreSQL's max_connections is far above.
const POOL = 24;
// Seconds until a connection that was cut is tried again; the driver would wait for up to 20.
const BACKOFF = 0.1;

export class RepairedConnection extends PostgresConnection {
  #schema;
  #before;
  #version = 0;
  #trips;

  constructor(url) {
    super({ url, postgresOptions: { max: POOL, backoff: BACKOFF, onnotice: () => {}, types } });
    this.#trips = new Trips(this.driver.reserve);
    prepareStatements(this.driver, { settings: SETTINGS, version: () => this.#version });
    // Otherwise the first request grants everything to everybody, and undoes every revoke.
    this.rlsState = "active";
  }

  /** Keep the picture of the schema up to date, as PostgREST does. */
  async followSchema() {
    const forget = () => this.clearSchemaCache();
    // Once it listens again too: nobody told it what changed while it was cut off.
    await this.driver.listen("pgrst", forget, forget);
    await this.introspect({ useCache: true });
  }

  async introspect({ useCache } = {}) {
    if (!useCache) return super.introspect({ useCache: false });
    // The promise is kept, not its result: a reading that began before a change must not
    // be stored after it, and requests that arrive together share one reading.
    return (this.#schema ??= this.#read());
  }

  async #read() {
    const schema = await super.introspect({ useCache: false });
    // Lite answers a failed reading with an empty schema; auth's tables are always there. The
    // next request reads anew, and till then what was read before is better than nothing.
    if (schema.tables.length === 0) this.#schema = undefined;
    else this.#before = schema;
    return this.#before ?? schema;
  }

  async clearSchemaCache() {
    this.#schema = undefined;
    this.#version += 1;
    await super.clearSchemaCache();
  }

  /** A call whose plan a change of the schema has overtaken has done nothing: it goes anew. */
  async withContext(context, work, options) {
    const request = { ...context, rpc: options?.rpc };
    try {
      return await super.withContext(request, work, options);
    } catch (error) {
      if (error?.routine !== "RevalidateCachedQuery") throw error;
      this.#version += 1;
      return super.withContext(request, work, options);
    }
  }

  /** Become the caller. */
  async applyJwtSessionContext(db, context) {
    await db.executeQuery(CompiledQuery.raw(SETTINGS, settingsOf(context)));
  }

  /** Ask one thing as the caller; return its row, as bytes. A new schema has new plans. */
  async call(context, text, values) {
    return this.#trips.take(
      [SETTINGS, settingsOf(context)],
      [`${text} -- ${this.#version}`, values],
    );
  }

  /** They are among those of the caller: Lite would send five statements more. */
  async applyRpcRequestGucs() {}

  async onPostgrestAST(ast) {
    const { columns, functions = [] } = await this.introspect({ useCache: true });
    if (ast.type === "rpc") wrapArguments(ast, functions);
    else if (ast.values) wrapColumns(ast, columns);
    refuseUnfiltered(ast);
    return super.onPostgrestAST(ast);
  }

  /** Lite turns SQLSTATEs that it has no case for into a bare 500. */
  normalizeDbError(error) {
    return answersItself(error) ? error : postgrestError(error);
  }
}
