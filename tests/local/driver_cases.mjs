// Connections that end at the worst moment, on sockets that say what a case tells them to.
// Run by test_driver.py with the driver's repairs; prints what each case came to.

import { EventEmitter } from "node:events";
import { pathToFileURL } from "node:url";

const postgres = (await import(pathToFileURL(process.argv[2]).href)).default;
const FATAL = message("E", "SFATAL\0C57P01\0Mgone\0\0");
const READY = message("Z", "I");

function message(kind, body) {
  const text = Buffer.from(body, "latin1");
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

/** A server that answers each query with its own words, as long as it isn't told to keep still. */
class Socket extends EventEmitter {
  readyState = "open";
  still = false;
  #started = false;
  #unread = Buffer.alloc(0);

  write(chunk, then) {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    setImmediate(() => this.#read());
    then?.();
    return true;
  }

  #read() {
    if (!this.#started && this.#unread.length) {
      this.#started = true;
      this.#unread = Buffer.alloc(0);
      this.emit("data", Buffer.concat([message("R", "\0\0\0\0"), READY]));
    }
    while (this.#unread.length > 4) {
      const end = this.#unread.readInt32BE(1) + 1;
      const kind = String.fromCharCode(this.#unread[0]);
      const text = this.#unread.toString("latin1", 5, end);
      this.#unread = this.#unread.subarray(end);
      if (!this.still) this.#answer(kind, text);
    }
  }

  #answer(kind, text) {
    if (kind === "Q") this.emit("data", done(text.replaceAll("\0", "")));
    if (kind === "S") this.emit("data", done(""));
  }

  end() {
    this.close(false);
  }

  close(failed) {
    this.readyState = "closed";
    if (failed) this.emit("error", Object.assign(new Error("reset"), { code: "ECONNRESET" }));
    this.emit("close", failed);
  }
}

const done = (words) => Buffer.concat([message("C", `${words}\0`), READY]);

class Pool {
  sockets = [];
  refused = 0;

  constructor() {
    const socket = () => {
      this.sockets.push(new Socket());
      if (this.refused-- > 0) setImmediate(() => this.socket.close(true));
      return this.sockets.at(-1);
    };
    this.sql = postgres({ max: 1, socket, backoff: 0 });
  }

  get socket() {
    return this.sockets.at(-1);
  }

  line() {
    return within(this.sql.reserve());
  }

  async works() {
    const line = await this.line();
    expect(await answer(line.unsafe("sound")), "sound");
    line.release();
  }
}

const sent = () => new Promise(setImmediate);
const within = (promise) =>
  Promise.race([promise, new Promise((_, no) => setTimeout(no, 2_000, "it waits for ever"))]);
const answer = async (query) => (await within(query)).command;
const failure = (query) => within(query.then(() => "none", (error) => error.code));

function expect(found, wanted) {
  if (found !== wanted) throw `${found}, and not ${wanted}`;
}

const CASES = {
  async "what stands behind a query that is cut fails as well"() {
    const pool = new Pool();
    const line = await pool.line();
    pool.socket.still = true;
    // With an argument it is described first, and what follows waits.
    const first = failure(line.unsafe("first", ["x"], { prepare: true, simple: false }));
    const second = failure(line.unsafe("second"));
    await sent();
    pool.socket.close(false);
    expect(await first, "CONNECTION_CLOSED");
    expect(await second, "CONNECTION_CLOSED");
    expect(await failure(line.unsafe("third")), "CONNECTION_CLOSED");
    line.release();
    await pool.works();
  },

  async "what is asked between the error and the end fails, and isn't answered later"() {
    const pool = new Pool();
    const line = await pool.line();
    pool.socket.still = true;
    const first = failure(line.unsafe("first"));
    await sent();
    pool.socket.emit("error", Object.assign(new Error("reset"), { code: "ECONNRESET" }));
    const second = failure(line.unsafe("second"));
    await sent();
    pool.socket.emit("close", true);
    expect(await first, "ECONNRESET");
    expect(await second, "CONNECTION_CLOSED");
    line.release();
    await pool.works();
  },

  async "the last words of a connection aren't the next one's"() {
    const pool = new Pool();
    const line = await pool.line();
    pool.socket.still = true;
    const first = failure(line.unsafe("first"));
    await sent();
    pool.socket.emit("data", FATAL);
    pool.socket.close(false);
    expect(await first, "CONNECTION_CLOSED");
    line.release();
    await pool.works();
  },

  async "nothing half written goes to the next connection"() {
    const pool = new Pool();
    const line = await pool.line();
    pool.socket.still = true;
    const first = failure(line.unsafe("first"));
    await null;
    await null;
    pool.socket.close(true);
    expect(await first, "ECONNRESET");
    line.release();
    await pool.works();
  },

  async "who waits in line for a connection gets the one that is opened anew"() {
    const pool = new Pool();
    const line = await pool.line();
    const next = pool.line();
    pool.socket.close(false);
    line.release();
    (await next).release();
    await pool.works();
  },

  async "who was refused a connection is out of the line"() {
    const pool = new Pool();
    pool.refused = 1;
    expect(await failure(pool.sql.reserve()), "ECONNRESET");
    await pool.works();
    await pool.works();
  },

  async "a transaction whose connection is gone neither goes on nor waits"() {
    const pool = new Pool();
    const failed = failure(
      pool.sql.begin(async (line) => {
        pool.socket.close(false);
        await line.unsafe("lost");
      }),
    );
    expect(await failed, "CONNECTION_CLOSED");
    await pool.works();
  },

  async "what comes when the connection is open again isn't sent on it"() {
    const pool = new Pool();
    const line = await pool.line();
    pool.socket.close(false);
    const other = await pool.line();
    expect(await failure(line.unsafe("mine")), "CONNECTION_CLOSED");
    line.release();
    expect(await answer(other.unsafe("sound")), "sound");
  },
};

const found = {};
process.on("uncaughtException", (error) => (found.uncaught = String(error?.stack ?? error)));
for (const [name, run] of Object.entries(CASES))
  await run().then(() => (found[name] = "ok"), (error) => (found[name] = String(error?.stack ?? error)));
console.log(JSON.stringify(found));
process.exit(0);
