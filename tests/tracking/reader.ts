// Reads tokens as the function `t` does: one [kind, token] a line in, what it says a line out.

import { type Kind, Reader } from "../../supabase/functions/t/token.ts";

const reader = new Reader(Deno.args[0]);
const lines = (await new Response(Deno.stdin.readable).text()).split("\n").filter(Boolean);
const said = [];
for (const line of lines) {
  const [kind, token] = JSON.parse(line) as [Kind, string];
  said.push(JSON.stringify(await reader.read(kind, token)));
}
console.log(said.join("\n"));
