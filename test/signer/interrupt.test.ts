import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { useTemp } from '../support/temp.js';

const CLI = new URL('../../cli.ts', import.meta.url).href;

describe('Ctrl-C while a large model is signed', () => {
  const temp = useTemp();

  it('stops at once and leaves nothing; progress was reported as JSON until then', async function () {
    this.timeout(60_000);
    const model = join(temp(), 'model');
    mkdirSync(model);
    writeFileSync(join(model, 'weights.bin'), '');
    // Sparse: many seconds of hashing without the disk space.
    truncateSync(join(model, 'weights.bin'), 64 * 1024 ** 3);
    const key = join(temp(), 'key.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

    const run = `const { main } = await import('${CLI}'); process.exitCode = await main(process.argv.slice(1));`;
    const words = ['sign', model, '--private-key', key, '--json'];
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      run,
      '--',
      ...words,
    ]);
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.once('exit', (_code, signal) => resolve(signal));
    });
    let errors = '';
    const event = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
        const line = errors.split('\n').find((text) => text.startsWith('{"event":"progress"'));
        if (line?.endsWith('}')) resolve(line);
      });
      child.once('exit', () => reject(new Error(`it ended before: ${errors}`)));
    });
    expect(JSON.parse(event)).to.include({ work: 'signing', total: 64 * 1024 ** 3, totalFiles: 1 });

    const pressed = performance.now();
    child.kill('SIGINT');
    expect(await ended).to.equal('SIGINT');
    expect(performance.now() - pressed).to.be.lessThan(5000);
    expect(readdirSync(model)).to.deep.equal(['weights.bin']);
    expect(readdirSync(temp()).sort()).to.deep.equal(['key.pem', 'model']);
  });
});
