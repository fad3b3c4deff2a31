import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// What a user without Modelseal does: hash the file, then read it again to load it.
const [file] = process.argv.slice(2);
const fd = openSync(file, 'r');
const { size } = fstatSync(fd);
const hash = createHash('sha256');
const chunk = Buffer.allocUnsafe(512 * 1024);
for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) hash.update(chunk.subarray(0, n));
hash.digest('hex');
const bytes = Buffer.allocUnsafeSlow(size);
for (let at = 0; at < size; ) at += readSync(fd, bytes, at, Math.min(size - at, 1 << 20), at);
closeSync(fd);
