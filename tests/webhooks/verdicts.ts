// What the functions make of the table of cases: the file named first, the answers to stdout.
//
// deno run --allow-read verdicts.ts cases.json …/_shared/webhooks/webhook.ts

const [cases, module] = Deno.args;
const { webhook } = await import(new URL(`file://${module}`).href);

const answers = [];
for (const given of JSON.parse(Deno.readTextFileSync(cases))) {
  const fetched: string[] = [];
  const fetch = (url: string) => {
    fetched.push(url);
    return Promise.resolve(given.certificates[url] ?? "");
  };
  const read = webhook(given.provider, given.secrets, fetch);
  const verdicts = [];
  for (const { headers, body, now } of given.requests) {
    const raw = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
    try {
      verdicts.push({ events: await read(new Headers(headers), raw, now) });
    } catch (error) {
      verdicts.push({ refused: (error as { reason?: string }).reason ?? String(error) });
    }
  }
  answers.push({ name: given.name, verdicts, fetched });
}
console.log(JSON.stringify(answers));
