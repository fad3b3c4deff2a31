import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  BUFFER_BYTES,
  type DigestJob,
  digestBytes,
  digestJobs,
  holdFile,
  openHash,
  WHOLE,
  warmUp,
} from '../../../core/digest/index.js';
import { startWorker, workerUrl } from '../../../core/digest/locate.js';
import { type SharedWork, share } from '../../../core/digest/shared.js';
import { expectCodeAsync } from '../../support/errors.js';
import { useTemp } from '../../support/temp.js';

describe('digest pipeline', () => {
  const temp = useTemp();
  const content = (size: number, seed: number): Buffer => {
    const bytes = Buffer.alloc(size);
    for (let i = 0, x = seed + 1; i < size; i++) {
      x = (x * 1103515245 + 12345) & 0x7fffffff;
      bytes[i] = x >> 16;
    }
    return bytes;
  };
  const job = (name: string, bytes: Buffer, start = 0, end = bytes.length): DigestJob => {
    const path = join(temp(), name);
    writeFileSync(path, bytes);
    const { dev, ino, size } = statSync(path);
    return { path, name, dev, ino, size, start, end };
  };
  const node = { sha256: 'sha256', blake2b: 'blake2b512' } as const;

  const SIZES = [0, 1, 10_000, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES + 7];
  for (const threads of [1, 2] as const) {
    for (const algorithm of ['sha256', 'blake2b'] as const) {
      it(`hashes files of every size with ${algorithm}, ${threads} thread(s)`, async () => {
        const files = SIZES.map((size, i) => content(size, i));
        const { digests: packed } = await digestJobs(
          files.map((bytes, i) => job(`f${i}`, bytes)),
          { algorithm, threads },
        );
        const expected = files.map((bytes) => createHash(node[algorithm]).update(bytes).digest());
        expect(Buffer.from(packed).equals(Buffer.concat(expected))).to.equal(true);
      });
    }
  }

  for (const threads of [1, 2] as const) {
    it(`hashes whole files, known and not, beside parts of others, ${threads} thread(s)`, async () => {
      const files = SIZES.map((size, i) => content(size, i));
      const jobs = files.flatMap((bytes, i) => {
        const full = job(i % 2 ? `sub-ü-${i}` : `f${i}`, bytes);
        const half = Math.floor(bytes.length / 2);
        return [{ ...full, ...WHOLE }, full, { ...full, start: half, name: `other name ${i}` }];
      });
      const { digests, ends } = await digestJobs(jobs, { algorithm: 'sha256', threads });
      const expected = files.flatMap((bytes) =>
        [bytes, bytes, bytes.subarray(Math.floor(bytes.length / 2))].map((part) =>
          createHash('sha256').update(part).digest(),
        ),
      );
      expect(Buffer.from(digests).equals(Buffer.concat(expected))).to.equal(true);
      expect([...ends]).to.deep.equal(files.flatMap(({ length }) => [length, length, length]));
    });
  }

  it('has a worker that takes part', async () => {
    expect(workerUrl()?.pathname).to.match(/core\/digest\/worker\.(ts|js)$/);
    const bytes = content(1000, 1);
    const only = job('by-worker', bytes);
    // The main thread does not take part here: what is done was done by the worker.
    const work: SharedWork = share([only], Uint32Array.of(0), 'sha256', 32);
    const worker = startWorker(work);
    const message = await new Promise((resolve, reject) => {
      worker?.on('message', resolve);
      worker?.on('error', reject);
    });
    await worker?.terminate();
    expect(message).to.deep.equal({ ended: true });
    expect(work.done[0]).to.equal(1);
    expect(Buffer.from(work.digests).equals(createHash('sha256').update(bytes).digest())).to.equal(true);
    expect([...work.tally]).to.deep.equal([0, 0, 1000, 1]);
  });

  it('knows BLAKE3 (test vector of its authors, 251-byte pattern)', async () => {
    const pattern = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 251));
    const { digests: packed } = await digestJobs([job('b3', pattern)], { algorithm: 'blake3' });
    expect(Buffer.from(packed).toString('hex')).to.equal(
      '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7',
    );
  });

  it('hashes ranges of one file on two threads', async () => {
    const bytes = content(5 * BUFFER_BYTES + 11, 3);
    const whole = job('big', bytes);
    const step = BUFFER_BYTES + 5;
    const jobs: DigestJob[] = [];
    for (let start = 0; start < bytes.length; start += step) {
      jobs.push({ ...whole, start, end: Math.min(start + step, bytes.length) });
    }
    const { digests } = await digestJobs(jobs, { algorithm: 'sha256', threads: 2 });
    const packed = Buffer.from(digests);
    jobs.forEach((j, i) => {
      const expected = createHash('sha256').update(bytes.subarray(j.start, j.end)).digest();
      expect(packed.subarray(i * 32, i * 32 + 32).equals(expected)).to.equal(true);
    });
  });

  for (const ahead of [false, true]) {
    it(`hashes many small files in their order, the second thread started ${ahead ? 'ahead' : 'with them'}`, async () => {
      if (ahead) {
        warmUp();
        warmUp();
      }
      await manySmall();
    });
  }
  async function manySmall(): Promise<void> {
    const files = Array.from({ length: 700 }, (_, i) => Buffer.from(`file ${i}`));
    const seen: number[] = [];
    const { digests } = await digestJobs(
      files.map((bytes, i) => job(`s${i}`, bytes)),
      {
        algorithm: 'sha256',
        progress: (p) => seen.push(p.files),
      },
    );
    const packed = Buffer.from(digests);
    files.forEach((bytes, i) => {
      expect(packed.toString('hex', i * 32, i * 32 + 32)).to.equal(
        createHash('sha256').update(bytes).digest('hex'),
      );
    });
    expect(seen.at(-1)).to.equal(700);
  }

  for (const threads of [1, 2] as const) {
    it(`reports the error of a job, ${threads} thread(s)`, async () => {
      const jobs = Array.from({ length: 40 }, (_, i) => job(`e${i}`, Buffer.from('x')));
      writeFileSync(join(temp(), 'e17'), 'longer');
      const error = await expectCodeAsync('ERR_FILE_CHANGED_WHILE_READ', () =>
        digestJobs(jobs, { algorithm: 'sha256', threads }),
      );
      expect(error.details.file).to.equal('e17');
    });
  }

  it('reports the error of a large job that either thread may meet', async () => {
    for (let round = 0; round < 5; round++) {
      const big = content(4 * BUFFER_BYTES, round);
      const jobs = [0, 1, 2, 3].map((i) => job(`big${i}`, big));
      writeFileSync(join(temp(), `big${round % 4}`), big.subarray(1));
      const error = await expectCodeAsync('ERR_FILE_CHANGED_WHILE_READ', () =>
        digestJobs(jobs, { algorithm: 'sha256', threads: 2 }),
      );
      expect(error.details.file).to.equal(`big${round % 4}`);
    }
  });

  it('holds a file with the digests of exactly the bytes held', async () => {
    const bytes = content(2 * BUFFER_BYTES + 3, 9);
    const engine = await openHash('sha256');
    const ends = [BUFFER_BYTES + 1, bytes.length];
    const held = await holdFile(job('held', bytes), ends, engine);
    expect(Buffer.from(held.bytes).equals(bytes)).to.equal(true);
    expect(held.digests.map((d) => Buffer.from(d).toString('hex'))).to.deep.equal(
      digestBytes(bytes, ends, engine).map((d) => Buffer.from(d).toString('hex')),
    );
    const stale = { ...job('stale', bytes), size: bytes.length - 1 };
    await expectCodeAsync('ERR_FILE_CHANGED_WHILE_READ', () => holdFile(stale, [stale.size], engine));
  });
});
