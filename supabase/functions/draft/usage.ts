// What an answer has cost, read in passing: the last word that it says about its tokens.

type Usage = Record<string, unknown> | null | undefined;

const LONGEST = 8_000_000;

/** Pass a body on as it comes, and say at its end what it cost, if it said so itself. */
export function metered(
  body: ReadableStream<Uint8Array>,
  isStream: boolean,
  done: (tokens: number) => void,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  let rest = "";
  let tokens: number | null = null;
  const read = (lines: string[]) => lines.forEach((line) => (tokens = costs(line) ?? tokens));
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        const text = rest + decoder.decode(chunk, { stream: true });
        // A whole answer has line breaks anywhere; a stream has an event on each line.
        const lines = isStream ? text.split("\n") : [text];
        rest = lines.pop()!.slice(0, LONGEST);
        read(lines);
      },
      flush() {
        read([rest]);
        if (tokens !== null) done(tokens);
      },
    }),
  );
}

/** Tokens in one event of a stream, or in a whole answer. */
function costs(line: string): number | null {
  if (!line.includes('"usage"')) return null;
  try {
    const said = JSON.parse(line.replace(/^data:\s*/, ""));
    return sum(said.usage ?? said.response?.usage);
  } catch {
    return null;
  }
}

function sum(usage: Usage): number | null {
  if (!usage) return null;
  const parts = [usage.input_tokens ?? usage.prompt_tokens, usage.output_tokens ?? usage.completion_tokens];
  const total = parts.reduce<number>((all, part) => all + Number(part), 0);
  return Number.isInteger(total) && total >= 0 ? total : null;
}
