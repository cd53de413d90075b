// A user's budget of the day, which the database keeps. Everything is asked with the user's own
// token: nobody spends another's.

import { key } from "../_shared/database.ts";

type Answer = { ok: boolean; data: unknown };

export class Budget {
  #reservation: unknown = null;

  constructor(readonly authorization: string) {}

  /** Whether Auth knows the session: one that was signed out, or a key, is nobody's. */
  async isUsers(): Promise<boolean> {
    const { ok, data } = await this.#fetch("/auth/v1/user");
    return ok && typeof (data as { id?: unknown } | null)?.id === "string";
  }

  /** Set tokens aside; returns why that can't be done. */
  async begin(tokens: number): Promise<string | null> {
    const { ok, data } = await this.#fetch("/rest/v1/rpc/begin_draft", { tokens });
    if (ok) this.#reservation = data;
    if (ok) return null;
    const exceeded = (data as { code?: unknown } | null)?.code === "CMP09";
    if (!exceeded) console.error("draft: the database keeps no budget now");
    return exceeded ? "budget_exceeded" : "unreachable";
  }

  /** Say what it has cost; what nobody says stays set aside. */
  async settle(tokens: number): Promise<void> {
    const reservation = this.#reservation;
    await this.#fetch("/rest/v1/rpc/settle_draft", { reservation, tokens });
  }

  async #fetch(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${Deno.env.get("SUPABASE_URL")}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        apikey: key(),
        authorization: this.authorization,
        "content-type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    return { ok: response.ok, data: text ? parsed(text) : null };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
