// Several statements in one message and one transaction, each planned once a connection.
//
// The protocol's own way to prepared statements takes a message and an answer for each of them,
// and for the transaction around them. Here all of it is one text of `execute`s, which PostgreSQL
// takes as one transaction; a connection that doesn't know a name yet is told.

const UNKNOWN_NAME = "26000";

export class Trips {
  #reserve;
  #names = new Map();

  /** How a connection of a postgres.js driver is taken. */
  constructor(reserve) {
    this.#reserve = reserve;
  }

  /** Carry out [text, values] after [text, values]; return the last one's first row, as bytes. */
  async take(...statements) {
    const line = await this.#reserve();
    try {
      return await this.#taken(line, statements);
    } finally {
      line.release();
    }
  }

  async #taken(line, statements) {
    const message = statements.map((each) => this.#execute(...each)).join("; ");
    for (;;) {
      try {
        return (await line.unsafe(message).raw()).at(-1)[0];
      } catch (error) {
        const unknown = statements.find(([text]) => isUnknown(error, this.#name(text)));
        if (!unknown) throw error;
        await line.unsafe(`prepare ${this.#name(unknown[0])} as ${unknown[0]}`);
      }
    }
  }

  #execute(text, values) {
    const given = values.length ? `(${values.map(literal)})` : "";
    return `execute ${this.#name(text)}${given}`;
  }

  #name(text) {
    const name = this.#names.get(text) ?? `trip_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

function isUnknown({ code, message }, name) {
  return code === UNKNOWN_NAME && message.includes(`"${name}"`);
}

/** A value as SQL, whatever standard_conforming_strings says. */
function literal(value) {
  if (value === null) return "null";
  return `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
