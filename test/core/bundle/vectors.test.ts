import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decodeStatement, matchSignature, namedKey, UnverifiedBundle } from '../../../core/bundle/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { compareModel, DEFAULT_IGNORED, measureModel, walkModel } from '../../../core/model/index.js';
import { Certificate } from '../../../core/x509/index.js';
import { expectCode } from '../../support/errors.js';
import { sharedFile } from '../../support/shared.js';

const VECTORS = ['oms', 'test-vectors', 'v1.0'] as const;

/** Every refused vector of the specification with the code it must be refused with. */
const REFUSED: Readonly<Record<string, ErrorCode>> = {
  'empty.bundle.json': 'ERR_JSON_SYNTAX',
  'missing-envelope.bundle.json': 'ERR_BUNDLE_ENVELOPE_MISSING',
  'missing-tlog-entries.bundle.json': 'ERR_BUNDLE_TLOG_MISSING',
  'missing-verification-material.bundle.json': 'ERR_BUNDLE_FIELD_MISSING',
};

describe('vectors of the specification', () => {
  const parse = (context: Mocha.Context, ...path: string[]): UnverifiedBundle =>
    UnverifiedBundle.parse(readFileSync(sharedFile(context, ...VECTORS, ...path)));

  for (const method of ['certificate', 'key', 'sigstore'] as const) {
    it(`accepts the ${method} vector and its payload`, function () {
      const bundle = parse(this, 'valid', `${method}.bundle.json`);
      expect(bundle.method).to.equal(method);
      expect(decodeStatement(bundle.payload).manifest.files()).to.deep.equal(['signme-1', 'signme-2']);
    });
  }

  it('refuses every invalid vector for its own reason', function () {
    const folder = sharedFile(this, ...VECTORS, 'invalid');
    const files = readdirSync(folder);
    expect(files.sort()).to.deep.equal(Object.keys(REFUSED).sort());
    for (const file of files) expectCode(REFUSED[file] as ErrorCode, () => parse(this, 'invalid', file));
  });

  it('refuses the invalid payload only when it is decoded', function () {
    const bundle = parse(this, 'invalid-payload', 'wrong-predicate.bundle.json');
    expectCode('ERR_STATEMENT_PREDICATE_TYPE', () => decodeStatement(bundle.payload));
  });
});

describe('signatures published by other releases', () => {
  const PUBLISHED = [
    ['v0.2.0-certificate', 'certificate', 'v0.2'],
    ['v1.1.0-certificate', 'certificate', 'dsse'],
    ['v1.1.0-elliptic-key', 'key', 'dsse'],
    ['v1.1.0-sigstore', 'sigstore', 'dsse'],
  ] as const;

  for (const [folder, method, form] of PUBLISHED) {
    it(`${folder}: parses, its signature fits its key, its files match`, async function () {
      const path = sharedFile(this, 'oms', 'published', folder);
      const bundle = UnverifiedBundle.parse(readFileSync(`${path}/model.sig`));
      expect(bundle.method).to.equal(method);
      const [leaf] = bundle.chain;
      const key = leaf
        ? Certificate.decode(leaf).publicKey()
        : createPublicKey(readFileSync(sharedFile(this, 'oms', 'published', 'signing-key-pub.pem')));
      if (method === 'key') expect(namedKey(bundle, key)).to.equal('hint');
      const [signature] = bundle.signatures;
      expect(signature && matchSignature(bundle, signature, key)).to.equal(form);
      const { manifest } = decodeStatement(bundle.payload);
      const tree = walkModel(path, {
        ignore: manifest.ignoreRules([...DEFAULT_IGNORED, 'model.sig']),
        allowSymlinks: false,
      });
      const result = compareModel(manifest, await measureModel(tree, manifest.serialization));
      expect(result.matched).to.deep.equal(['signme-1', 'signme-2']);
      expect([...result.changed, ...result.missing, ...result.extra]).to.deep.equal([]);
    });
  }
});
