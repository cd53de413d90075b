import { json } from "../_shared/answers.ts";

Deno.serve(() => json(501, { error: "not built yet" }));
