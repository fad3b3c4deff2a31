import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ModelsealError } from '../../../core/errors/index.js';
import { Quarantine } from '../../../loader/store/index.js';
import { expectCode, expectCodeAsync } from '../../support/errors.js';
import { useTemp } from '../../support/temp.js';

const AT = new Date('2026-03-01T12:00:00Z');
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

describe('quarantine', () => {
  const temp = useTemp();
  const makeModel = (name = 'model'): string => {
    const model = join(temp(), name);
    mkdirSync(join(model, 'sub'), { recursive: true });
    writeFileSync(join(model, 'weights.bin'), 'weights');
    writeFileSync(join(model, 'sub', 'config.json'), '{}');
    symlinkSync('weights.bin', join(model, 'link'));
    return model;
  };
  const store = (): Quarantine => new Quarantine(join(temp(), 'q'));
  const accept = async (): Promise<void> => {};

  for (const forceCopy of [false, true]) {
    describe(forceCopy ? 'across file systems' : 'within a file system', () => {
      it('moves a folder, read-only, with a complete incident report', () => {
        const model = makeModel();
        const error = new ModelsealError('ERR_PEM', { file: 'f', problem: 'p' }).toJSON();
        const q = store();
        const added = q.add(
          {
            path: model,
            reason: 'threat',
            summary: 'found',
            errors: [error],
            signerClaimed: ['a@b.org'],
            at: AT,
          },
          { forceCopy },
        );
        expect(existsSync(model)).to.equal(false);
        const incident = q.get(added.id);
        expect(incident).to.deep.include({
          state: 'held',
          originalPath: model,
          reason: 'threat',
          summary: 'found',
        });
        expect(incident.errors[0]?.code).to.equal('ERR_PEM');
        expect(incident.id).to.match(/^20260301T120000Z-model-[0-9a-f]{8}$/);
        expect(incident.files).to.deep.include({ name: 'weights.bin', size: 7, sha256: sha256('weights') });
        expect(incident.files).to.deep.include({ name: 'sub/config.json', size: 2, sha256: sha256('{}') });
        expect(incident.files?.find((f) => f.name === 'link')?.link).to.equal(true);
        expect(statSync(join(q.contentPath(incident), 'weights.bin')).mode & 0o222).to.equal(0);
      });

      it('restores after verification, and writable again', async () => {
        const model = makeModel();
        const q = store();
        const { id } = q.add({ path: model, reason: 'operator', summary: '', at: AT }, { forceCopy });
        let verified = '';
        const restored = await q.restore(id, {
          at: AT,
          forceCopy,
          verify: async (path) => {
            verified = readFileSync(join(path, 'weights.bin'), 'utf8');
          },
        });
        expect(verified).to.equal('weights');
        expect(restored.state).to.equal('restored');
        expect(readFileSync(join(model, 'sub', 'config.json'), 'utf8')).to.equal('{}');
        writeFileSync(join(model, 'weights.bin'), 'writable');
        expect(readdirSync(join(temp(), 'q', id, 'content'))).to.deep.equal([]);
      });

      it('is in exactly one place after kill -9 at any moment', async function () {
        this.timeout(120_000);
        const child = fileURLToPath(new URL('../../support/quarantine-mover.ts', import.meta.url));
        const model = join(temp(), 'big');
        mkdirSync(model);
        const names = Array.from({ length: 60 }, (_, i) => `file-${String(i).padStart(3, '0')}`);
        for (const name of names) writeFileSync(join(model, name), name.repeat(500));
        for (let round = 0; round < 8; round++) {
          const mover = spawn(process.execPath, [
            '--import',
            'tsx',
            child,
            model,
            join(temp(), 'q'),
            forceCopy ? 'copy' : 'move',
          ]);
          await new Promise((resolve) => mover.stdout.once('data', resolve));
          await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 400));
          mover.kill('SIGKILL');
          await new Promise((resolve) => mover.once('exit', resolve));
          const q = store();
          const before = q.list();
          expect(q.list(), 'reading changes nothing').to.deep.equal(before);
          const settled = q.settle();
          const held = q.list().filter((i) => i.state === 'held');
          // Between a copy and the removal of the original, the model is in both places, and settling says so.
          const place = held[0] ? q.contentPath(held[0]) : model;
          expect(held.length).to.be.at.most(1);
          if (held[0] && existsSync(model)) {
            expect(settled.map(({ outside }) => outside)).to.include(model);
            rmSync(model, { recursive: true });
          }
          for (const left of readdirSync(temp()).filter((n) => n.startsWith('.modelseal')))
            rmSync(join(temp(), left), { recursive: true });
          expect(readdirSync(place).sort()).to.deep.equal(names);
          for (const name of names)
            expect(readFileSync(join(place, name), 'utf8')).to.equal(name.repeat(500));
          for (const { id } of held) await q.restore(id, { at: AT, verify: accept, forceCopy });
        }
      });
    });
  }

  it('leaves everything as it is when verification refuses the restoration', async () => {
    const model = makeModel();
    const q = store();
    const { id } = q.add({ path: model, reason: 'threat', summary: '', at: AT });
    const verify = async (): Promise<void> => {
      throw new ModelsealError('ERR_PEM', { file: 'x', problem: 'y' });
    };
    await expectCodeAsync('ERR_PEM', () => q.restore(id, { at: AT, verify }));
    expect(q.get(id).state).to.equal('held');
    expect(existsSync(model)).to.equal(false);
  });

  it('never overwrites when restoring', async () => {
    const model = makeModel();
    const q = store();
    const { id } = q.add({ path: model, reason: 'operator', summary: '', at: AT });
    makeModel();
    await expectCodeAsync('ERR_RESTORE_TARGET_EXISTS', () => q.restore(id, { at: AT, verify: accept }));
    await q.restore(id, { at: AT, verify: accept, to: join(temp(), 'elsewhere') });
    expect(existsSync(join(temp(), 'elsewhere', 'weights.bin'))).to.equal(true);
  });

  it('quarantines a single file and purges it', () => {
    const file = join(temp(), 'model.pkl');
    writeFileSync(file, 'data');
    const q = store();
    const { id } = q.add({ path: file, reason: 'threat', summary: '', at: AT });
    expect(q.get(id.slice(0, 24)).files).to.deep.equal([
      { name: 'model.pkl', size: 4, sha256: sha256('data') },
    ]);
    q.purge(id);
    expect(q.list()).to.deep.equal([]);
    expectCode('ERR_QUARANTINE_ENTRY_UNKNOWN', () => q.get(id));
  });

  it('does not believe a record that claims to be another entry', () => {
    const file = join(temp(), 'a');
    writeFileSync(file, 'data');
    const q = store();
    const { id } = q.add({ path: file, reason: 'threat', summary: '', at: AT });
    const record = join(temp(), 'q', id, 'incident.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(`"id": "${id}"`, '"id": "../../victim"'));
    expectCode('ERR_QUARANTINE_RECORD_DAMAGED', () => q.list());
  });
});
