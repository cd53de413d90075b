// Values for json and jsonb. Lite takes a text for JSON that has been written already, and
// PostgreSQL's driver an array of booleans for a boolean: an object they leave alone.

class Json {
  constructor(value) {
    this.value = value;
  }

  toJSON() {
    return this.value;
  }
}

const isJson = (type) => type === "json" || type === "jsonb";
const wrap = (value) => (value === null || value === undefined ? value : new Json(value));

/** Wrap what is sent for the json columns of a table. */
export function wrapColumns(ast, columns) {
  const schema = ast.schema ?? "public";
  const names = columns
    .filter((c) => c.table === ast.from && c.schema === schema && isJson(c.type))
    .map((c) => c.name);
  for (const row of [ast.values].flat())
    for (const name of names) if (row && name in row) row[name] = wrap(row[name]);
}

/** Wrap what is sent for the json arguments of a function. */
export function wrapArguments(ast, functions) {
  // What a GET passes is JSON text indeed.
  if (!ast.args || Array.isArray(ast.args) || ast.httpMethod !== "POST") return;
  const schema = ast.schema ?? "public";
  const given = Object.keys(ast.args);
  const called = functions.find(
    (f) =>
      f.schema === schema &&
      f.name === ast.function &&
      given.every((name) => f.arg_names.includes(name)),
  );
  for (const name of given)
    if (isJson(called?.arg_types[called.arg_names.indexOf(name)]))
      ast.args[name] = wrap(ast.args[name]);
}
