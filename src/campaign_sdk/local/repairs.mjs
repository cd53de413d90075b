// What Lite 0.10 gets wrong on PostgreSQL, put right. Each repair has a test in
// tests/local/ that fails without it.

import { PostgresConnection } from "@supabase/lite/postgres";
import { sql } from "kysely";
import { answersItself, postgrestError, refuseUnfiltered } from "./errors.mjs";
import { wrapArguments, wrapColumns } from "./json.mjs";
import { types } from "./types.mjs";

// Requests beyond the pool wait for their turn; PostgreSQL's max_connections is far above.
const POOL = 24;

export class RepairedConnection extends PostgresConnection {
  #schema;

  constructor(url) {
    super({ url, postgresOptions: { max: POOL, onnotice: () => {}, types } });
    // Otherwise the first request grants everything to everybody, and undoes every revoke.
    this.rlsState = "active";
  }

  /** Keep the picture of the schema up to date, as PostgREST does. */
  async followSchema() {
    await this.driver.listen("pgrst", () => this.clearSchemaCache());
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
    // Lite answers a failed reading with an empty schema; auth's tables are always there.
    if (schema.tables.length === 0) this.#schema = undefined;
    return schema;
  }

  async clearSchemaCache() {
    this.#schema = undefined;
    await super.clearSchemaCache();
  }

  /** Become the caller: claims, role, and the role's own settings, which SET ROLE leaves out. */
  async applyJwtSessionContext(db, { auth, storage }) {
    const role = auth?.role || "anon";
    const settings = {
      "request.jwt.claims": JSON.stringify(auth?.jwt ?? { role }),
      "request.jwt.claim.sub": String(auth?.uid ?? ""),
      "request.jwt.claim.role": role,
      "storage.operation": String(storage?.operation ?? ""),
      role,
    };
    await sql`
      with kept as (
        select d.setrole = to_regrole(${role}) as own, c.setting
        from pg_catalog.pg_db_role_setting d, unnest(d.setconfig) as c (setting)
        where d.setrole in (to_regrole('authenticator'), to_regrole(${role}))
          and c.setting not like '%preload_libraries=%'
        order by own
      )
      select set_config(split_part(setting, '=', 1),
                        substr(setting, strpos(setting, '=') + 1), true) from kept
      union all
      select set_config(key, value, true) from jsonb_each_text(${JSON.stringify(settings)}::jsonb)
    `.execute(db);
  }

  /** Lite does this in five statements. */
  async applyRpcRequestGucs(db, { method, path, requestHeaders = {} }) {
    const settings = {
      "response.status": "",
      "response.headers": "",
      "request.method": method,
      "request.path": path,
      "request.headers": JSON.stringify(requestHeaders),
    };
    await sql`
      select set_config(key, value, true) from jsonb_each_text(${JSON.stringify(settings)}::jsonb)
    `.execute(db);
  }

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
