// PostgREST's table from SQLSTATE to HTTP status (docs: "Errors", section "PostgreSQL").

const EXACT = {
  23503: 409,
  23505: 409,
  25006: 405,
  42883: 404,
  "42P01": 404,
  "42P17": 500,
  53400: 500,
  "57P01": 503,
  P0001: 400,
};

const CLASSES = {
  "08": 503, "09": 500, "0L": 403, "0P": 403, 21: 500, 25: 500, 28: 403, "2D": 500,
  38: 500, 39: 500, "3B": 500, 40: 500, 53: 503, 54: 500, 55: 500, 57: 500, 58: 500,
  F0: 500, HV: 500, P0: 500, XX: 500,
};

const UNREACHABLE = /^(CONNECTION_|CONNECT_|ECONN)/;

/** Whether Lite's own answer is PostgREST's: its own errors, and those that depend on the caller. */
export function answersItself({ name, code, schema_name: schema } = {}) {
  // Storage asks for the code of an error, and answers in a shape of its own.
  if (typeof code !== "string" || schema === "storage") return true;
  if (UNREACHABLE.test(code)) return false;
  return name !== "PostgresError" || code === "PGRST" || code === "42501" || code.startsWith("PT");
}

/** The same error in the shape of `raise sqlstate 'PGRST'`, which Lite answers faithfully. */
export function postgrestError({ code, message, detail = null, hint = null }) {
  if (UNREACHABLE.test(code)) return answer(503, { code: "PGRST001", message, details: code, hint });
  const status = EXACT[code] ?? CLASSES[code.slice(0, 2)] ?? 400;
  return answer(status, { code, message, details: detail, hint });
}

function answer(status, body) {
  const error = new Error(JSON.stringify(body));
  return Object.assign(error, { code: "PGRST", detail: JSON.stringify({ status, headers: {} }) });
}

const UNFILTERED = { update: "UPDATE", delete: "DELETE" };

/** What the extension pg-safeupdate, which hosted projects load for the API, does to a request. */
export function refuseUnfiltered({ type, schema, where }) {
  if (schema === "storage" || !(type in UNFILTERED) || Object.keys(where ?? {}).length) return;
  throw postgrestError({ code: "21000", message: `${UNFILTERED[type]} requires a WHERE clause` });
}
