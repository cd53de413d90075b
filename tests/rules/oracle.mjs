// Writes tests/rules/oracle.json: random trees of react-querybuilder's safe subset, each
// with the SQL that react-querybuilder itself makes of it.
//
//   npm install --prefix <folder> @react-querybuilder/core@8.24.1
//   node tests/rules/oracle.mjs <folder> [how many] [seed]
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const [folder, count = "300", seed = "1"] = process.argv.slice(2);
const { formatQuery } = createRequire(`${folder}/`)("@react-querybuilder/core");

let state = Number(seed);
const random = () => {
  // mulberry32: the same trees for the same seed, on every machine
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const pick = (items) => items[Math.floor(random() * items.length)];

const values = {
  orders: () => Math.floor(random() * 12),
  spend: () => Math.floor(random() * 400) / 4,
  city: () => pick(["Pune", "Delhi", "O'Fallon", "São Paulo", "a,b", "Agra"]),
  part: () => pick(["u", "O'", "el", "São", ",", "Agra", "pune"]),
};
const operators = {
  number: ["=", "!=", "<", "<=", ">", ">=", "in", "notIn", "between", "notBetween"],
  text: ["=", "!=", "in", "notIn", "contains", "beginsWith", "endsWith", "doesNotContain",
         "doesNotBeginWith", "doesNotEndWith", "null", "notNull"],
};

const rule = () => {
  const field = pick(["orders", "spend", "city"]);
  const operator = pick(field === "city" ? operators.text : operators.number);
  return { field, operator, valueSource: "value", value: valueOf(field, operator) };
};
const valueOf = (field, operator) => {
  const one = values[field];
  if (/^(in|notIn)$/.test(operator)) return Array.from({ length: 1 + Math.floor(random() * 4) }, one);
  if (/between/i.test(operator)) return [one(), one()].sort((a, b) => a - b);
  if (/with$|contain/i.test(operator)) return values.part();
  return one();
};
const group = (depth) => ({
  combinator: pick(["and", "or"]),
  not: random() < 0.3,
  rules: Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    depth > 0 && random() < 0.4 ? group(depth - 1) : rule()),
});

const cases = Array.from({ length: Number(count) }, () => {
  const tree = group(2);
  const { sql, params } = formatQuery(tree, {
    format: "parameterized", preset: "postgresql", listsAsArrays: true, numberedParams: false,
    paramPrefix: "", });
  return { tree, sql, params };
});
writeFileSync(new URL("oracle.json", import.meta.url),
  "[\n" + cases.map((item) => JSON.stringify(item)).join(",\n") + "\n]\n");
