// The one door to the database: functions that anon may call, which verify again what they
// are given. There is no other key here than the publishable one, and none is read.

/** What the database answered, or why it didn't. */
export type Answer =
  | { ok: true; data: unknown }
  | { ok: false; status: number; code: string };

/** Call a SQL function; never throws. A status of 0 is a database that can't be reached. */
export async function call(name: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(`${Deno.env.get("SUPABASE_URL")}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", apikey: key() },
      body: JSON.stringify(body),
      signal,
    });
    return await read(response);
  } catch {
    return { ok: false, status: 0, code: "unreachable" };
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const data = text ? JSON.parse(text) : null;
  if (response.ok) return { ok: true, data };
  return { ok: false, status: response.status, code: String(data?.code ?? "") };
}

/** The project's publishable key: hosted projects name it in two ways. */
export function key(): string {
  const many = Deno.env.get("SUPABASE_PUBLISHABLE_KEYS");
  const named = many ? Object.values(JSON.parse(many))[0] : undefined;
  return String(named ?? Deno.env.get("SUPABASE_ANON_KEY") ?? "");
}
