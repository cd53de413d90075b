// Calls of functions, answered as PostgREST does: PostgreSQL writes the JSON, nobody reads it.
//
// Lite takes each answer apart and puts it together again, a batch's thousand contacts too. Here
// are the plain calls of whoever is signed in. Everything else is Lite's, and so is what turns
// out not to be plain once its body is read.

import { answersItself, postgrestError } from "./errors.mjs";
import { claimsOf } from "./jwt.mjs";

const PLAIN = /^\/rest\/v1\/rpc\/(\w+)(?:\?select=(\w+(?:(?:,|%2C)\w+)*))?$/;
const ROLE = "authenticated";
const SCHEMA = "public";
const TYPES = ["application/json", "application/json; charset=utf-8"];
const HEADERS = Object.entries({
  accept: [undefined, "*/*", "application/json"],
  "content-encoding": [undefined],
  "content-profile": [undefined, SCHEMA],
  "content-type": TYPES,
  prefer: [undefined, "return=representation"],
  range: [undefined],
});
// A body of one name; what follows it may be more than one value, or none.
const SOLE = /^\{"(\w+)":(?!\s*null\s*\}$)([^\0]*)\}$/;
const MALFORMED = "22P02";
const BAD_STATUS = "response.status guc must be a valid status code";
const BAD_HEADERS =
  "response.headers guc must be a JSON array composed of objects with a single key and a string value";
const EXPOSED = "Content-Range, Content-Location, Preference-Applied";

export class Calls {
  #texts = new Map();

  constructor(connection, { secret, key, rows }) {
    this.connection = connection;
    this.secret = secret;
    this.key = key;
    this.limit = rows ? ` limit ${Number(rows)}` : "";
  }

  /** Which function a request calls, and as whom; undefined for what is Lite's. */
  read({ method, url, headers }) {
    const path = method === "POST" ? PLAIN.exec(url) : null;
    if (!path || headers.apikey !== this.key || !isPlain(headers)) return undefined;
    const claims = claimsOf(this.secret, headers.authorization);
    if (claims?.role !== ROLE) return undefined;
    return { name: path[1], columns: path[2]?.split(/,|%2C/), claims };
  }

  /** Answer with what the function returns, or with why it doesn't, or have Lite answer. */
  async answer(call, request, response, lite) {
    try {
      // Where Lite's adapter looks for a body that was read already.
      request.rawBody = await bodyOf(request);
      const answer = await this.#made(call, request).catch(refusal);
      if (answer) write(response, request.headers.prefer, answer);
      else await lite(request, response);
    } catch (error) {
      // The caller has hung up.
      console.error(error);
      response.destroy();
    }
  }

  async #made({ name, columns, claims }, { rawBody, headers }) {
    const { functions = [] } = await this.connection.introspect({ useCache: true });
    const named = functions.filter((each) => each.schema === SCHEMA && each.name === name);
    if (named.length !== 1) return undefined;
    const rpc = { method: "POST", path: `/rpc/${name}`, requestHeaders: headers };
    const context = { auth: { uid: claims.sub, role: claims.role, jwt: claims }, rpc };
    const asked = (names, values) =>
      this.connection.call(context, this.#text(named[0], names, columns), values);
    const body = rawBody.toString();
    const sole = soleOf(named[0], body);
    try {
      if (sole) return answerOf(await asked([sole.name], [sole.value]));
    } catch (error) {
      if (error.code !== MALFORMED) throw error;
    }
    const given = objectOf(body);
    const values = given && valuesOf(named[0], given);
    return values && answerOf(await asked(Object.keys(given), values));
  }

  #text(called, names, columns = ["*"]) {
    const key = [called.name, called.return_is_setof, isObject(called), names, columns].join(" ");
    const known = this.#texts.get(key) ?? textOf(called, names, columns, this.limit);
    this.#texts.set(key, known);
    return known;
  }
}

function isPlain(headers) {
  return HEADERS.every(([name, values]) => values.includes(headers[name]));
}

function bodyOf(request) {
  const chunks = [];
  return new Promise((resolve, reject) => {
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on("error", reject);
  });
}

/** The one argument of a function of JSON, as it is written: PostgreSQL reads it, and says if it isn't. */
function soleOf(called, body) {
  const [, name, value] = SOLE.exec(body) ?? [];
  const { arg_names: names, arg_types: types } = called;
  const takesIt = types.length === 1 && names[0] === name && isJson(types[0]);
  return takesIt && isPlainCall(called) ? { name, value } : undefined;
}

function objectOf(body) {
  try {
    const value = JSON.parse(body);
    return value && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of a domain the answer may be a media type; of nothing there is none. */
function isPlainCall({ has_variadic: isOpen, return_typtype: kind, return_type: type }) {
  return !isOpen && kind !== "d" && type !== "void";
}

/** The arguments as PostgreSQL reads them; undefined if they don't fit, or aren't plain. */
function valuesOf({ arg_names: names, arg_types: types, arg_defaults: defaults, ...called }, given) {
  const required = names.slice(0, types.length - (defaults || 0));
  const fits =
    required.every((name) => name in given) &&
    Object.keys(given).every((name) => names.includes(name));
  if (!fits || !isPlainCall(called)) return undefined;
  const values = Object.entries(given).map(([name, value]) =>
    written(value, types[names.indexOf(name)]),
  );
  return values.includes(undefined) ? undefined : values;
}

function written(value, type) {
  if (value === null) return null;
  if (isJson(type)) return JSON.stringify(value);
  if (typeof value === "object") return undefined;
  const text = String(value);
  return text.includes("\0") ? undefined : text;
}

function textOf(called, names, columns, limit) {
  const given = names.map((name, n) => `"${name}" => $${n + 1}`).join(", ");
  const alias = `"${called.name}"`;
  const wanted = columns.map((name) => (name === "*" ? name : `"${name}"`)).join(", ");
  const row = isObject(called) || columns[0] !== "*" ? "_answer" : `_answer.${alias}`;
  const many = called.return_is_setof;
  const body = many ? `coalesce(json_agg(${row}), '[]')` : `coalesce(to_json(${row}), 'null')`;
  return (
    `select ${body} as body, ${many ? "count(*)" : "1"} as rows,` +
    " current_setting('response.status', true) as status," +
    " current_setting('response.headers', true) as headers" +
    ` from (select ${wanted} from ${SCHEMA}.${alias}(${given}) as ${alias}${limit}) as _answer`
  );
}

const isJson = (type) => type === "json" || type === "jsonb";
const isObject = ({ has_out_args: out, return_typtype: kind }) => out || kind === "c" || kind === "p";

/** What a row of bytes says: the body, how many rows it has, and what the function asks for. */
function answerOf([body, rows, status, headers]) {
  const own = headers?.length ? headersOf(headers.toString()) : [];
  if (!own) return said(500, "PGRST111", BAD_HEADERS);
  const asked = status?.length ? Number(status.toString()) : 200;
  if (!(asked >= 200 && asked <= 599)) return said(500, "PGRST112", BAD_STATUS);
  return { status: asked, body, range: Number(rows) ? `0-${rows - 1}/*` : "*/*", own };
}

/** The headers that a function asks for, one in each object of a list; undefined if it isn't one. */
function headersOf(text) {
  try {
    const pairs = JSON.parse(text).map((each) => Object.entries(each));
    const isGood = pairs.every((each) => each.length === 1 && typeof each[0][1] === "string");
    return isGood ? pairs.flat(2) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer to an error; undefined for one that Lite has words of its own for. */
function refusal(error) {
  console.error(error);
  const { code, message } = error;
  if (code === "42501") return said(403, code, message, error);
  if (/^PT[2-5]\d\d$/.test(code)) return said(Number(code.slice(2)), code, message, error);
  if (answersItself(error)) return undefined;
  return fromTable(postgrestError(error));
}

function fromTable(told) {
  const { code, message, details, hint } = JSON.parse(told.message);
  return said(JSON.parse(told.detail).status, code, message, { detail: details, hint });
}

function said(status, code, message, { detail = null, hint = null } = {}) {
  const body = Buffer.from(JSON.stringify({ code, details: detail, hint, message }));
  return { status, body };
}

function write(response, prefer, { status, body, range, own = [] }) {
  const empty = status === 204 || status === 205;
  response.writeHead(status, [
    ...["access-control-allow-origin", "*", "access-control-expose-headers", EXPOSED],
    ...(empty ? [] : ["content-type", TYPES[1], "content-length", String(body.length)]),
    ...(range ? ["content-range", range] : []),
    ...(range && prefer ? ["preference-applied", prefer] : []),
    ...own,
  ]);
  response.end(empty ? undefined : body);
}
