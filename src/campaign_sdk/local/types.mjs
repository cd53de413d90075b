// Values as PostgREST writes them into JSON, where the driver's own parsers differ.

const asIs = (value) => value;

// Beyond 15 significant digits a double may not hold the number: pass on its own digits.
function exact(text) {
  if (!/\d/.test(text)) return text;
  return text.replace(/^[-+0.]+|\.|e.*$/gi, "").length > 15 ? JSON.rawJSON(text) : Number(text);
}

function parseJson(text) {
  if (!/\d{16}|\d\.\d{10}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" ? exact(context.source) : value,
  );
}

// A text has been written as JSON before: Lite does so for arguments.
const writeJson = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const isoTimestamp = (text) => text.replace(" ", "T");
const isoInstant = (text) => isoTimestamp(text).replace(/([+-]\d\d)$/, "$1:00");

const type = (oid, parse, serialize = asIs) => ({ to: oid, from: [oid], parse, serialize });

export const types = {
  bigint: type(20, exact, String),
  numeric: type(1700, exact, String),
  timestamp: type(1114, isoTimestamp),
  timestamptz: type(1184, isoInstant),
  bytea: type(17, asIs),
  json: type(114, parseJson, writeJson),
  jsonb: type(3802, parseJson, writeJson),
};
