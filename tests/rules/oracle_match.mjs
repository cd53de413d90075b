// Writes tests/rules/oracle_match.json: random trees with react-querybuilder's match modes, what
// its own export to JSON leaves of each (all of it), and who fulfils its export to JsonLogic, evaluated by
// json-logic-js. On its safe subset: nothing is missing, and no list is empty.
//
//   npm install --prefix <folder> @react-querybuilder/core@8.24.1 json-logic-js@2.0.5
//   node tests/rules/oracle_match.mjs <folder> [how many] [seed]
import { deepStrictEqual } from "node:assert";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const [folder, count = "150", seed = "1"] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { formatQuery, jsonLogicAdditionalOperators } = require("@react-querybuilder/core");
const logic = require("json-logic-js");
for (const [name, run] of Object.entries(jsonLogicAdditionalOperators)) logic.add_operation(name, run);

let state = Number(seed);
const random = () => {
  // mulberry32: the same trees for the same seed, on every machine
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const pick = (items) => items[Math.floor(random() * items.length)];
const many = (most, one) => Array.from({ length: 1 + Math.floor(random() * most) }, one);

const WORDS = ["tea", "teapot", "O'cup", "süß", "a,b"];
const item = () => ({ sku: pick(WORDS), price: Math.floor(random() * 80) / 4 });
const order = () => ({ total: Math.floor(random() * 12), kind: pick(WORDS), items: many(3, item) });
const people = Array.from({ length: 40 }, () => ({
  age: Math.floor(random() * 12), name: pick(WORDS), orders: many(6, order),
}));

const NUMBER = ["=", "!=", "<", "<=", ">", ">=", "in", "notIn", "between", "notBetween"];
const TEXT = ["=", "!=", "in", "notIn", "contains", "beginsWith", "endsWith", "doesNotContain",
              "doesNotBeginWith", "doesNotEndWith"];
const rule = (numbers, texts, most) => {
  const field = pick([...numbers, ...texts]);
  const isNumber = numbers.includes(field);
  const operator = pick(isNumber ? NUMBER : TEXT);
  const one = () => (isNumber ? Math.floor(random() * most) : pick(WORDS));
  let value = one();
  if (/^(in|notIn)$/.test(operator)) value = many(3, one);
  if (/between/i.test(operator)) value = [one(), one()].sort((a, b) => a - b);
  if (/with$|contain/i.test(operator)) value = pick(["te", "t", "'", "ß", ",", "pot"]);
  return { field, operator, value, valueSource: "value" };
};
const mode = () => pick([
  { mode: "all" }, { mode: "some" }, { mode: "none" },
  { mode: pick(["atLeast", "atMost", "exactly"]), threshold: pick([0, 1, 2, 3, 0.25, 0.5, 0.75]) },
]);
const counted = (field, inner) => ({
  field, operator: "=", value: group(1, inner), valueSource: "value", match: mode(),
});
const group = (depth, leaf) => ({
  combinator: pick(["and", "or"]),
  not: random() < 0.3,
  rules: [leaf, ...many(1, () => leaf)].map((make) =>
    depth > 0 && random() < 0.3 ? group(depth - 1, leaf) : make()),
});
const ofItem = () => rule(["price"], ["sku"], 20);
const ofOrder = () => (random() < 0.3 ? counted("items", ofItem) : rule(["total"], ["kind"], 12));
const ofPerson = () =>
  random() < 0.7 ? counted("orders", ofOrder) : rule(["age"], ["name"], 12);

const cases = Array.from({ length: Number(count) }, () => {
  const tree = group(1, ofPerson);
  const asked = formatQuery(tree, { format: "jsonlogic" });
  const json = JSON.parse(formatQuery(tree, "json"));
  deepStrictEqual(json, tree);
  return {
    tree: json,
    members: people.flatMap((person, n) => (logic.apply(asked, person) ? [n] : [])),
  };
});
writeFileSync(new URL("oracle_match.json", import.meta.url), JSON.stringify({ people }).slice(0, -1) +
  ',"cases":[\n' + cases.map((each) => JSON.stringify(each)).join(",\n") + "\n]}\n");
