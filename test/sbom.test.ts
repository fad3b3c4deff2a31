import { expect } from 'chai';
import { cycloneDx } from '../build/standalone/sbom.js';

const INPUT = {
  name: 'modelseal',
  version: '0.1.0',
  license: 'Apache-2.0',
  locked: {
    'node_modules/@a/b': {
      version: '1.2.3',
      license: 'MIT',
      integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}`,
    },
    'node_modules/a/node_modules/c': { version: '2.0.0', license: '(MIT OR CC0-1.0)' },
  },
  bundled: ['node_modules/a/node_modules/c', 'node_modules/@a/b'],
  runtime: { version: '1.4.5', sha256: '00' },
};

describe('the parts of the standalone program', () => {
  it('are named with release, licence and digest, in one order', () => {
    const { bomFormat, specVersion, components } = JSON.parse(cycloneDx(INPUT));
    expect({ bomFormat, specVersion }).to.deep.equal({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect(components.map((c: { purl: string }) => c.purl)).to.deep.equal([
      'pkg:npm/%40a/b@1.2.3',
      'pkg:npm/c@2.0.0',
      'pkg:npm/bun@1.4.5',
    ]);
    expect(components[0].hashes).to.deep.equal([{ alg: 'SHA-512', content: '07'.repeat(64) }]);
    expect(components[0].licenses).to.deep.equal([{ license: { id: 'MIT' } }]);
    expect(components[1].licenses).to.deep.equal([{ expression: '(MIT OR CC0-1.0)' }]);
    const reversed = { ...INPUT, bundled: [...INPUT.bundled].reverse() };
    expect(cycloneDx(reversed)).to.equal(cycloneDx(INPUT));
  });

  it('are refused where one came from elsewhere than the lock file says', () => {
    expect(() => cycloneDx({ ...INPUT, bundled: ['node_modules/x'] })).to.throw('not in package-lock.json');
  });
});
