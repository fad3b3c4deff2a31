import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUFFER_BYTES } from '../../../core/digest/index.js';
import {
  IgnoreRules,
  LOOK_UP_TO,
  type ModelTree,
  measureModel,
  walkModel,
} from '../../../core/model/index.js';
import { expectCode, expectCodeAsync } from '../../support/errors.js';
import { useTemp } from '../../support/temp.js';

describe('walkModel', () => {
  const temp = useTemp();
  const walk = (options: { ignore?: string[]; allowSymlinks?: boolean; path?: string } = {}): ModelTree =>
    walkModel(options.path ?? temp(), {
      ignore: IgnoreRules.from(options.ignore ?? []),
      allowSymlinks: options.allowSymlinks ?? false,
    });
  const put = (name: string, content: string | Buffer = name): void => {
    const path = join(temp(), name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  };
  const names = (tree: ModelTree): string[] => tree.files.map((file) => file.name);

  it('lists files in code point order, with sizes, and skips what is excluded', () => {
    for (const name of ['b', 'a/b', 'a.txt', '.git/config', 'sub/.git/x', 'a/c/d']) put(name);
    const tree = walk({ ignore: ['.git', 'a/c'] });
    expect(names(tree)).to.deep.equal(['a.txt', 'a/b', 'b', 'sub/.git/x']);
    expect(tree.ignored).to.deep.equal(['.git', 'a/c']);
    expect(tree.files.map((file) => file.size)).to.deep.equal([5, 3, 1, 10]);
  });

  it('takes a single file', () => {
    put('one.bin');
    const tree = walk({ path: join(temp(), 'one.bin') });
    expect(tree.single).to.equal(true);
    expect(names(tree)).to.deep.equal(['one.bin']);
  });

  it('refuses a symbolic link, excluded or absent it is fine', () => {
    put('a');
    symlinkSync('a', join(temp(), 'link'));
    expectCode('ERR_MODEL_SYMLINK', () => walk());
    expect(names(walk({ ignore: ['link'] }))).to.deep.equal(['a']);
    expect(names(walk({ allowSymlinks: true }))).to.deep.equal(['a', 'link']);
  });

  it('refuses a model that is itself a link, unless links are allowed', () => {
    put('m/a');
    symlinkSync('m', join(temp(), 'l'));
    expectCode('ERR_MODEL_SYMLINK', () => walk({ path: join(temp(), 'l') }));
    expect(names(walk({ path: join(temp(), 'l'), allowSymlinks: true }))).to.deep.equal(['a']);
  });

  it('follows allowed links to folders inside', () => {
    put('real/a');
    symlinkSync('real', join(temp(), 'alias'));
    expect(names(walk({ allowSymlinks: true }))).to.deep.equal(['alias/a', 'real/a']);
  });

  const links: [string, string, Parameters<typeof expectCode>[0]][] = [
    ['out of the model', '/etc/hostname', 'ERR_MODEL_SYMLINK_OUTSIDE'],
    ['to the model itself', '.', 'ERR_MODEL_SYMLINK_CYCLE'],
    ['above the model', '..', 'ERR_MODEL_SYMLINK_CYCLE'],
    ['to itself', 'link', 'ERR_MODEL_SYMLINK_CYCLE'],
    ['to nothing', 'nowhere', 'ERR_MODEL_SYMLINK_BROKEN'],
  ];
  for (const [name, target, code] of links) {
    it(`refuses an allowed link ${name}`, () => {
      put('a');
      symlinkSync(target, join(temp(), 'link'));
      expectCode(code, () => walk({ allowSymlinks: true }));
    });
  }

  it('refuses links that go round through each other', () => {
    put('x/a');
    put('y/a');
    symlinkSync('../y', join(temp(), 'x', 'toY'));
    symlinkSync('../x', join(temp(), 'y', 'toX'));
    expectCode('ERR_MODEL_TOO_DEEP', () => walk({ allowSymlinks: true }));
  });

  it('does not bring back excluded files through a link', () => {
    put('secret/a');
    symlinkSync('secret/a', join(temp(), 'link'));
    expectCode('ERR_MODEL_SYMLINK_OUTSIDE', () => walk({ allowSymlinks: true, ignore: ['secret'] }));
  });

  it('refuses names that are not UTF-8, and accepts a replacement character that is', () => {
    put('ok\ufffd');
    expect(names(walk())).to.deep.equal(['ok\ufffd']);
    writeFileSync(Buffer.concat([Buffer.from(`${temp()}/bad`), Buffer.of(0xff)]), '');
    expectCode('ERR_MODEL_NAME_ENCODING', () => walk());
  });

  it('refuses twins, and warns of names for other systems', () => {
    put('aux.txt');
    expect(walk().warnings).to.have.length(1);
    put('Model.bin');
    put('model.bin');
    expectCode('ERR_NAME_TWIN', () => walk());
  });

  it('refuses a named pipe', function () {
    if (spawnSync('mkfifo', [join(temp(), 'pipe')]).status !== 0) {
      console.log('      skipped: mkfifo is not here');
      this.skip();
    }
    const error = expectCode('ERR_MODEL_FILE_TYPE', () => walk());
    expect(error.message).to.include('named pipe');
  });

  it('refuses a device and what is not there', () => {
    expectCode('ERR_MODEL_FILE_TYPE', () => walk({ path: '/dev/null' }));
    expectCode('ERR_FILE_NOT_FOUND', () => walk({ path: join(temp(), 'none') }));
  });

  it('notices a file that is replaced, lengthened or shortened between listing and reading', async () => {
    const serialization = {
      method: 'files',
      hashType: 'sha256',
      allowSymlinks: false,
      ignorePaths: [],
    } as const;
    put('a', Buffer.alloc(100));
    const tree = walk();
    await measureModel(tree, serialization);
    writeFileSync(join(temp(), 'a'), Buffer.alloc(101));
    await expectCodeAsync('ERR_FILE_CHANGED_WHILE_READ', () => measureModel(tree, serialization));
    writeFileSync(join(temp(), 'a'), Buffer.alloc(99));
    await expectCodeAsync('ERR_FILE_CHANGED_WHILE_READ', () => measureModel(tree, serialization));
    writeFileSync(join(temp(), 'b'), Buffer.alloc(100));
    renameSync(join(temp(), 'b'), join(temp(), 'a'));
    await expectCodeAsync('ERR_MODEL_MOVED', () => measureModel(tree, serialization));
    renameSync(join(temp(), 'a'), join(temp(), 'c'));
    symlinkSync('c', join(temp(), 'a'));
    await expectCodeAsync('ERR_MODEL_MOVED', () => measureModel(tree, serialization));
  });

  describe('with more files than are looked up one by one', () => {
    const files = { method: 'files', hashType: 'sha256', allowSymlinks: false, ignorePaths: [] } as const;
    const shards = { ...files, method: 'shards', shardSize: 1_000_000 } as const;
    const many = (): ModelTree => {
      mkdirSync(join(temp(), 'a'));
      for (let i = 0; i <= LOOK_UP_TO; i++)
        writeFileSync(join(temp(), 'a', `f${i}`), i % 7 === 0 ? '' : `f${i}`);
      put('large', Buffer.alloc(3 * BUFFER_BYTES, 7));
      return walk();
    };

    it('measures the same', async () => {
      const tree = many();
      expect(tree.files.some((file) => file.known)).to.equal(false);
      const measured = await measureModel(tree, files);
      let bytes = 0;
      for (const item of measured.items) {
        const content = readFileSync(join(temp(), item.name));
        bytes += content.length;
        expect(item.size).to.equal(content.length);
        expect(item.digest).to.equal(createHash('sha256').update(content).digest('hex'));
      }
      expect(measured.bytes).to.equal(bytes);
      expect(measured.items).to.have.length(LOOK_UP_TO + 2);
      expect((await measureModel(walk(), shards)).bytes).to.equal(bytes);
    });

    const changes: [string, () => void][] = [
      [
        'a file put in the place of another',
        () => {
          writeFileSync(join(temp(), 'spare'), 'f1');
          renameSync(join(temp(), 'spare'), join(temp(), 'a', 'f1'));
        },
      ],
      ['a file added', () => put('a/more')],
      [
        'a folder swapped for a link to a copy of it',
        () => {
          cpSync(join(temp(), 'a'), join(temp(), '.git', 'a'), { recursive: true });
          rmSync(join(temp(), 'a'), { recursive: true });
          symlinkSync('.git/a', join(temp(), 'a'));
        },
      ],
      [
        'a folder swapped for another and back',
        () => {
          renameSync(join(temp(), 'a'), join(temp(), 'b'));
          renameSync(join(temp(), 'b'), join(temp(), 'a'));
        },
      ],
    ];
    for (const [what, change] of changes) {
      it(`notices ${what}`, async () => {
        mkdirSync(join(temp(), '.git'));
        many();
        const tree = walk({ ignore: ['.git'] });
        await measureModel(tree, files);
        change();
        await expectCodeAsync('ERR_MODEL_MOVED', () => measureModel(tree, files));
      });
    }

    it('refuses a link or a pipe put in the place of a file', async () => {
      const tree = many();
      rmSync(join(temp(), 'a', 'f1'));
      symlinkSync('f2', join(temp(), 'a', 'f1'));
      const error = await expectCodeAsync('ERR_MODEL_MOVED', () => measureModel(tree, files));
      expect(error.details.file).to.equal('a/f1');
      rmSync(join(temp(), 'a', 'f1'));
      if (spawnSync('mkfifo', [join(temp(), 'a', 'f1')]).status === 0)
        await expectCodeAsync('ERR_MODEL_MOVED', () => measureModel(tree, files));
    });
  });
});
