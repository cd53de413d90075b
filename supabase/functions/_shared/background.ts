// Work that goes on after the answer.

type Runtime = { waitUntil(work: Promise<unknown>): void };

/** Keep the function alive until `work` has ended. Hosted would end it with the answer. */
export function background(work: Promise<unknown>): void {
  const runtime = (globalThis as { EdgeRuntime?: Runtime }).EdgeRuntime;
  if (runtime) runtime.waitUntil(work);
}
