import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { requireTrustedStorage } from '../../../loader/store/index.js';
import { expectCode } from '../../support/errors.js';
import { useTemp } from '../../support/temp.js';

describe('trusted storage', () => {
  const temp = useTemp();
  const make = (...parts: string[]): string => {
    const file = join(temp(), ...parts);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, 'x');
    return file;
  };

  it('accepts what lies inside, also through a link to inside', () => {
    const file = make('trusted', 'a', 'model');
    const trusted = [join(temp(), 'trusted')];
    expect(requireTrustedStorage(file, trusted)).to.equal(realpathSync(file));
    symlinkSync(file, join(temp(), 'shortcut'));
    expect(requireTrustedStorage(join(temp(), 'shortcut'), trusted)).to.equal(realpathSync(file));
    symlinkSync(join(temp(), 'trusted'), join(temp(), 'alias'));
    requireTrustedStorage(file, [join(temp(), 'alias')]);
    expect(requireTrustedStorage(make('elsewhere'), [])).to.be.a('string');
  });

  it('refuses what lies outside, also through a link from inside or a folder of similar name', () => {
    const outside = make('outside', 'model');
    make('trusted', 'x');
    const trusted = [join(temp(), 'trusted'), join(temp(), 'missing')];
    expectCode('ERR_STORAGE_UNTRUSTED', () => requireTrustedStorage(outside, trusted));
    symlinkSync(outside, join(temp(), 'trusted', 'link'));
    expectCode('ERR_STORAGE_UNTRUSTED', () =>
      requireTrustedStorage(join(temp(), 'trusted', 'link'), trusted),
    );
    expectCode('ERR_STORAGE_UNTRUSTED', () => requireTrustedStorage(make('trusted-not', 'model'), trusted));
    expectCode('ERR_STORAGE_UNTRUSTED', () =>
      requireTrustedStorage(join(temp(), 'trusted', '..', 'outside', 'model'), trusted),
    );
    expectCode('ERR_FILE_NOT_FOUND', () => requireTrustedStorage(join(temp(), 'trusted', 'none'), trusted));
  });
});
