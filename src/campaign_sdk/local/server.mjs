// Serves Supabase Lite for one local stack.
//
// The launcher drives it: one JSON command a line on stdin, one JSON answer a line
// on the file descriptor given as the argument.
//   {"prepare": {database, app, fresh, google, files}}   connect; create Lite's schemas when fresh
//   {"listen": {port, functions}}                 answer with the port that was free
// When stdin ends the launcher is gone, however it went, and so does this process.

import { writeSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { getRequestListener } from "@hono/node-server";
import { App } from "@supabase/lite";
import { Calls } from "./calls.mjs";
import { Functions, isForFunctions } from "./functions.mjs";
import { redirectGoogle } from "./google.mjs";
import { identify } from "./identity.mjs";
import { RepairedConnection } from "./repairs.mjs";
import { FileAdapter } from "./storage.mjs";

const LOOPBACK = "127.0.0.1";
// Longer than any client keeps an idle connection: the side that closes first must be the
// client's, or its next request dies on a connection that we have just closed.
const KEEP_ALIVE_MS = 75_000;

let app;
let decorate = (response) => response;

async function prepare({ database, app: config, fresh, google, files }) {
  if (google) decorate = redirectGoogle(google);
  const server = { middlewares: [identify(config.auth.jwt_secret)] };
  const connection = new RepairedConnection(database);
  app = new App({ ...config, connection, options: { server } });
  app._storageAdapter = new FileAdapter(files);
  if (fresh) await app.ensureSystemSchema();
  return {};
}

async function listen({ port, functions: settings }) {
  await app.connection.followSchema();
  const server = await bind(port).catch(() => bind(0));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const bound = server.address().port;
  const url = `http://${LOOPBACK}:${bound}`;
  // Where providers send the browser back to: Lite would say port 54321.
  app.config.api.external_url = url;
  const environment = { ...settings.environment, SUPABASE_URL: url };
  const { api, auth } = app.config;
  const known = { secret: auth.jwt_secret, key: auth.publishable_key, rows: api.max_rows };
  const calls = new Calls(app.connection, known);
  serve(server, new Functions({ ...settings, environment }), calls);
  return { port: bound };
}

function bind(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(port, LOOPBACK, () => resolve(server));
  });
}

function serve(server, functions, calls) {
  const lite = getRequestListener(answer);
  server.on("request", (request, response) => {
    if (isForFunctions(request)) return functions.answer(request, response);
    const call = calls.read(request);
    if (call) calls.answer(call, request, response, lite);
    else lite(request, response);
  });
}

async function answer(request) {
  return decorate(await app.fetch(request, { peerAddress: null }));
}

// Of a connection that PostgreSQL cuts somebody may hear whom nobody listens to: its query has
// failed, and the driver opens another one. That is no reason to take everybody down.
function survive(error) {
  console.error(error);
  if (!/CONNECTION_|EPIPE|ECONNRESET/.test(String(error?.code))) process.exit(1);
}
process.on("uncaughtException", survive).on("unhandledRejection", survive);

const commands = { prepare, listen };
const reply = (message) => writeSync(Number(process.argv[2]), `${JSON.stringify(message)}\n`);

async function obey(line) {
  const [[name, argument]] = Object.entries(JSON.parse(line));
  try {
    reply(await commands[name](argument));
  } catch (error) {
    console.error(error);
    reply({ error: String(error?.message ?? error) });
  }
}

createInterface({ input: process.stdin })
  .on("line", obey)
  .on("close", () => process.exit(0));
