// Where Storage keeps its bytes: one file for each object, in the stack's folder. Lite names a
// version when it reads and none when it writes, so versions aren't told apart.

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

const digest = (algorithm, bytes) => createHash(algorithm).update(bytes).digest("hex");

export class FileAdapter {
  driver = null;
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  // A name is data: as a digest it can't lead out of the folder, whatever it holds.
  #path(bucket, key) {
    return join(this.#folder, digest("sha256", JSON.stringify([bucket, key])));
  }

  async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
    const bytes = body instanceof Uint8Array ? body : await buffer(body);
    const path = this.#path(bucket, key);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(path, bytes, { mode: 0o600 });
    await writeFile(`${path}.json`, JSON.stringify({ mimetype, cacheControl }), { mode: 0o600 });
    return this.headObject(bucket, key);
  }

  async headObject(bucket, key) {
    return (await this.getObject(bucket, key)).metadata;
  }

  async getObject(bucket, key) {
    const path = this.#path(bucket, key);
    const [body, about, { mtime }] = await Promise.all([
      readFile(path), readFile(`${path}.json`), stat(path),
    ]);
    const length = { size: body.length, contentLength: body.length, httpStatusCode: 200 };
    const eTag = `"${digest("md5", body)}"`;
    const metadata = { ...JSON.parse(about), ...length, lastModified: mtime, eTag };
    return { metadata, httpStatusCode: 200, body };
  }

  async deleteObject(bucket, key) {
    const path = this.#path(bucket, key);
    await Promise.all([rm(path, { force: true }), rm(`${path}.json`, { force: true })]);
  }

  async deleteObjects(bucket, keys) {
    await Promise.all(keys.map((key) => this.deleteObject(bucket, key)));
  }

  async copyObject(bucket, key, _version, toBucket, toKey) {
    const from = this.#path(bucket, key);
    const to = this.#path(toBucket, toKey);
    await Promise.all([cp(from, to), cp(`${from}.json`, `${to}.json`)]);
    const { eTag, lastModified } = await this.headObject(toBucket, toKey);
    return { httpStatusCode: 200, eTag, lastModified };
  }

  async privateAssetUrl() {
    throw new Error("the local stack has no private addresses of objects");
  }
}
