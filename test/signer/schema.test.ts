import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { UnverifiedBundle } from '../../core/bundle/index.js';
import { signingKey } from '../../core/keys/index.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { AT, makeIntermediate, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { sharedFile } from '../support/shared.js';
import { useTemp } from '../support/temp.js';

const SCHEMAS = ['bundle', 'envelope', 'statement', 'predicate'] as const;

describe('what we write conforms to the schemas of the specification', () => {
  const temp = useTemp();
  const issuing = makeIntermediate(makeRoot());
  const leaf = makeLeaf(issuing, { key: testKey('rsa-2048') });

  /** One validator per schema; tlogEntries and the like refer to each other by identifier. */
  function validator(context: Mocha.Context): (schema: (typeof SCHEMAS)[number], value: unknown) => void {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    for (const name of SCHEMAS) {
      ajv.addSchema(
        JSON.parse(
          readFileSync(sharedFile(context, 'oms', 'schemas', 'v1.0', `${name}.schema.json`), 'utf8'),
        ),
      );
    }
    return (schema, value) => {
      const valid = ajv.validate(`https://model_signing/${schema}/v1.0/schema`, value);
      expect(valid, ajv.errorsText()).to.equal(true);
    };
  }

  const key = signingKey(leaf.key.privateKey);
  const certificate = { certificate: leaf.certificate, chain: [issuing.certificate] };
  const CASES: readonly [string, Partial<SignOptions>][] = [
    ['a certificate and files', certificate],
    ['a bare key', {}],
    ['shards', { method: 'shards', shardSize: 7 }],
    ['blake2b', { hash: 'blake2b' }],
    ['blake3', { hash: 'blake3' }],
    ['metadata and excluded paths', { metadata: { modelName: 'm', free: { a: 1 } }, ignorePaths: ['x'] }],
    ['allowed links', { allowSymlinks: true }],
  ];
  for (const [name, options] of CASES) {
    it(name, async function () {
      const validate = validator(this);
      const folder = join(temp(), 'model');
      mkdirSync(folder);
      writeFileSync(join(folder, 'weights.bin'), Buffer.alloc(50, 1));
      const signed = await signModel(folder, { key, at: AT, ...options });
      const bytes = readFileSync(signed.signature);
      validate('bundle', JSON.parse(bytes.toString()));
      validate('statement', JSON.parse(Buffer.from(UnverifiedBundle.parse(bytes).payload).toString()));
    });
  }

  it('the schemas refuse what they must, so that the validator works', function () {
    const validate = validator(this);
    const bad = readFileSync(
      sharedFile(this, 'oms', 'test-vectors', 'v1.0', 'invalid', 'missing-envelope.bundle.json'),
    );
    expect(() => validate('bundle', JSON.parse(bad.toString()))).to.throw(/dsseEnvelope/);
  });
});
