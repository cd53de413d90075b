// The project's Edge Functions, each in a Deno process of its own: started by the first request,
// started again by the next one after it has ended. None of them can take the stack along.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { request as open } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { claimsOf } from "./jwt.mjs";

const PREFIX = "/functions/v1/";
const NAME = /^[A-Za-z][\w-]*$/;
const LOOPBACK = "127.0.0.1";
const BOOT_MS = 30_000;
const LOOK_MS = 10;
const FLAGS = ["run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-config", "--no-lock"];

export const isForFunctions = (request) => request.url.startsWith(PREFIX);

export class Functions {
  #running = new Map();

  /** folder, deno (null when it isn't installed), guard, cache, environment, hosts by function,
   *  open (those that need no JWT), secret (of the stack's JWTs). */
  constructor(settings) {
    this.settings = settings;
    // A child that is busy doesn't see its stdin end.
    process.on("exit", () => this.#running.forEach(({ child }) => child.kill("SIGKILL")));
  }

  /** Answer a request to /functions/v1/<name>/…, byte for byte as the function does. */
  async answer(request, response) {
    const path = request.url.slice(PREFIX.length - 1);
    const name = path.split(/[/?]/)[1];
    if (!this.#exists(name)) return refuse(response, 404, "NOT_FOUND", "Requested function was not found");
    if (!this.#admits(name, request)) return refuse(response, 401, "UNAUTHORIZED", "Invalid JWT");
    try {
      const { port } = await this.#start(name);
      const started = this.#running.get(name);
      // Its end is known here before its exit is: the next request mustn't be passed to it.
      pass(request, response, port, path, () => started && this.#forget(name, started));
    } catch (error) {
      console.error(error);
      refuse(response, 503, "BOOT_ERROR", String(error?.message ?? error));
    }
  }

  #exists(name) {
    return NAME.test(name) && existsSync(this.#index(name));
  }

  #index(name) {
    return join(this.settings.folder, name, "index.ts");
  }

  #admits(name, request) {
    if (request.method === "OPTIONS" || this.settings.open.includes(name)) return true;
    return claimsOf(this.settings.secret, request.headers.authorization) !== undefined;
  }

  /** Requests that arrive together wait for one start. */
  #start(name) {
    const known = this.#running.get(name);
    if (known) return known.ready;
    const started = { ready: undefined, child: { kill() {} } };
    this.#running.set(name, started);
    started.ready = this.#spawn(name, started).catch((error) => {
      this.#forget(name, started);
      throw error;
    });
    return started.ready;
  }

  #forget(name, started) {
    if (this.#running.get(name) === started) this.#running.delete(name);
    started.child.kill("SIGKILL");
  }

  async #spawn(name, started) {
    const { deno, guard, cache, environment, remedy } = this.settings;
    if (!deno) throw new Error(`Deno isn't installed; install it with: ${remedy}`);
    const port = await freePort();
    const flags = [...FLAGS, "--allow-env", `--allow-net=${this.#hosts(name, port)}`, "--preload", guard];
    const child = (started.child = spawn(deno, [...flags, this.#index(name)], {
      stdio: ["pipe", "inherit", "inherit"],
      // Nothing of our own environment: what a function may know is in `environment`.
      env: { ...environment, ...OWN, DENO_DIR: cache, DENO_SERVE_ADDRESS: `tcp:${LOOPBACK}:${port}` },
    }));
    child.on("exit", (code) => {
      if (code) console.error(`the function ${name} has ended with ${code}`);
      this.#forget(name, started);
    });
    child.on("error", (error) => console.error(error));
    await listening(child, port);
    return { port };
  }

  /** Itself, the hosts that its environment names, and those that it is known to ask. */
  #hosts(name, port) {
    const named = Object.values(this.settings.environment).map(host).filter(Boolean);
    return [...new Set([`${LOOPBACK}:${port}`, ...named, ...(this.settings.hosts[name] ?? [])])];
  }
}

const OWN = { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

function host(value) {
  if (!/^https?:\/\//.test(value)) return null;
  const { hostname, port, protocol } = new URL(value);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, LOOPBACK, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function listening(child, port) {
  const deadline = Date.now() + BOOT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error("The function ended before it listened: see `campaign local logs`");
    if (Date.now() > deadline) throw new Error("The function doesn't listen: see `campaign local logs`");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    const end = (found) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

function pass(request, response, port, path, failed) {
  const { method, headers } = request;
  const onward = open({ host: LOOPBACK, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    answer.on("error", () => response.destroy()).pipe(response);
  });
  onward.on("error", () => {
    // Whoever hung up has ended the request, not the function.
    if (response.closed) return;
    failed();
    refuse(response, 502, "WORKER_ERROR", "The function has ended");
  });
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

function refuse(response, status, code, message) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code, message }));
}
