// Runs before a function, in its own process: ends it with the stack, however that went, and
// gives it what the hosted runtime has beside plain Deno.

async function endWithTheStack() {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}
// Deno waits for what a preloaded module has begun before it runs the function itself.
Deno.unrefTimer(setTimeout(endWithTheStack, 0));

const EdgeRuntime = {
  waitUntil(work: Promise<unknown>) {
    work.catch((error) => console.error(error));
  },
};
Object.assign(globalThis, { EdgeRuntime });
