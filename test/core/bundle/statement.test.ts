import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { decodeStatement } from '../../../core/bundle/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { expectCode } from '../../support/errors.js';
import { bytes, change, DIGEST, type Loose, OTHER, payload, REMOVED } from './fixture.js';

describe('one-fault mutations of a statement', () => {
  const statement = (): Loose => JSON.parse(Buffer.from(payload).toString());
  /** Resources may change without the root digest being the fault that is found. */
  const rooted = (s: Loose): void => {
    const hash = createHash('sha256');
    for (const resource of s.predicate.resources) hash.update(resource.digest, 'hex');
    s.subject[0].digest.sha256 = hash.digest('hex');
  };
  const MUTATIONS: readonly [name: string, code: ErrorCode, mutate: (s: Loose) => void][] = [
    ['another statement type', 'ERR_STATEMENT_TYPE', change('_type', 'https://in-toto.io/Statement/v0.1')],
    [
      'another predicate type',
      'ERR_STATEMENT_PREDICATE_TYPE',
      change('predicateType', 'https://slsa.dev/provenance/v1'),
    ],
    ['no subject', 'ERR_STATEMENT_SUBJECT_COUNT', change('subject', [])],
    [
      'two subjects',
      'ERR_STATEMENT_SUBJECT_COUNT',
      (s) => {
        s.subject.push(s.subject[0]);
      },
    ],
    ['a subject without a name', 'ERR_BUNDLE_FIELD_TYPE', change('subject.0.name', '')],
    ['no root digest', 'ERR_BUNDLE_FIELD_MISSING', change('subject.0.digest.sha256', REMOVED)],
    [
      'a root digest in capitals',
      'ERR_BUNDLE_FIELD_TYPE',
      change('subject.0.digest.sha256', DIGEST.toUpperCase()),
    ],
    ['another root digest', 'ERR_MANIFEST_ROOT_DIGEST', change('subject.0.digest.sha256', DIGEST)],
    ['another digest of a file', 'ERR_MANIFEST_ROOT_DIGEST', change('predicate.resources.0.digest', OTHER)],
    [
      'another order of files',
      'ERR_MANIFEST_ROOT_DIGEST',
      (s) => {
        s.predicate.resources.reverse();
      },
    ],
    ['an unknown field of the statement', 'ERR_BUNDLE_FIELD_UNKNOWN', change('extra', 1)],
    ['an unknown field of the predicate', 'ERR_BUNDLE_FIELD_UNKNOWN', change('predicate.extra', 1)],
    [
      'an unknown serialization parameter',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      change('predicate.serialization.follow', true),
    ],
    ['an unknown method', 'ERR_METHOD_UNKNOWN', change('predicate.serialization.method', 'tensors')],
    ['an unknown hash', 'ERR_HASH_UNKNOWN', change('predicate.serialization.hash_type', 'md5')],
    ['an unknown hash of a file', 'ERR_HASH_UNKNOWN', change('predicate.resources.0.algorithm', 'sha1')],
    [
      'another hash for one file',
      'ERR_MANIFEST_ALGORITHM',
      change('predicate.resources.0.algorithm', 'blake3'),
    ],
    ['a shard size with files', 'ERR_SHARD_SIZE', change('predicate.serialization.shard_size', 5)],
    ['no shard size with shards', 'ERR_SHARD_SIZE', change('predicate.serialization.method', 'shards')],
    [
      'a shard size of zero',
      'ERR_SHARD_SIZE',
      (s) => {
        Object.assign(s.predicate.serialization, { method: 'shards', shard_size: 0 });
      },
    ],
    [
      'a shard size with a fraction',
      'ERR_SHARD_SIZE',
      (s) => {
        Object.assign(s.predicate.serialization, { method: 'shards', shard_size: 1.5 });
      },
    ],
    [
      'allow_symlinks as text',
      'ERR_BUNDLE_FIELD_TYPE',
      change('predicate.serialization.allow_symlinks', 'false'),
    ],
    [
      'no allow_symlinks',
      'ERR_BUNDLE_FIELD_MISSING',
      change('predicate.serialization.allow_symlinks', REMOVED),
    ],
    [
      'an excluded path that is absolute',
      'ERR_MANIFEST_IGNORE_PATH',
      change('predicate.serialization.ignore_paths', ['/']),
    ],
    [
      'an excluded path that is the model',
      'ERR_MANIFEST_IGNORE_PATH',
      change('predicate.serialization.ignore_paths', ['.']),
    ],
    ['an empty excluded path', 'ERR_BUNDLE_FIELD_TYPE', change('predicate.serialization.ignore_paths', [''])],
    ['no file', 'ERR_MANIFEST_EMPTY', change('predicate.resources', [])],
    [
      'a digest in capitals',
      'ERR_MANIFEST_DIGEST',
      change('predicate.resources.0.digest', DIGEST.toUpperCase()),
    ],
    ['a digest cut short', 'ERR_MANIFEST_DIGEST', change('predicate.resources.0.digest', DIGEST.slice(2))],
    ['an empty name', 'ERR_NAME_EMPTY', change('predicate.resources.0.name', '')],
    ['an absolute name', 'ERR_NAME_ABSOLUTE', change('predicate.resources.0.name', '/a/b')],
    ['a name that leads out', 'ERR_NAME_PARENT', change('predicate.resources.0.name', '../b')],
    ['a name that is not canonical', 'ERR_NAME_NOT_CANONICAL', change('predicate.resources.0.name', './a')],
    ['a dot among several files', 'ERR_NAME_NOT_CANONICAL', change('predicate.resources.0.name', '.')],
    ['a name twice', 'ERR_NAME_DUPLICATE', change('predicate.resources.0.name', 'c')],
    ['twins', 'ERR_NAME_TWIN', change('predicate.resources.0.name', 'C')],
    [
      'a tree digest of the wrong form',
      'ERR_BUNDLE_FIELD_TYPE',
      change('subject.0.digest.modelsealTreeSha256', 'x'),
    ],
    ['annotations that are no object', 'ERR_BUNDLE_FIELD_TYPE', change('subject.0.annotations', [])],
  ];
  const shards = (names: string[]): Loose => {
    const s = statement();
    Object.assign(s.predicate.serialization, { method: 'shards', shard_size: 10 });
    s.predicate.resources = names.map((name) => ({ name, algorithm: 'sha256', digest: DIGEST }));
    rooted(s);
    return s;
  };
  it('accepts the statement before it is mutated, and unknown fields of a resource', () => {
    const s = statement();
    s.predicate.resources[0].mediaType = 'application/octet-stream';
    const decoded = decodeStatement(bytes(s));
    expect(decoded.manifest.files()).to.deep.equal(['a/b', 'c']);
    expect(decoded.annotations).to.deep.equal({ modelName: 'm' });
    expect(decoded.treeDigest).to.equal(DIGEST);
  });
  for (const [name, code, mutate] of MUTATIONS) {
    it(`refuses ${name} with ${code}`, () => {
      const s = statement();
      mutate(s);
      expectCode(code, () => decodeStatement(bytes(s)));
    });
  }
  it('accepts shards that cover their files, names with colons included, in any order', () => {
    const { manifest: m } = decodeStatement(bytes(shards(['f:0:10', 'f:10:20', 'f:20:23', 'a:b:0:4'])));
    expect(m.files()).to.deep.equal(['f', 'a:b']);
    decodeStatement(bytes(shards(['f:10:20', 'f:0:10'])));
    decodeStatement(bytes(shards(['.:0:10', '.:10:11'])));
  });
  it('accepts the algorithm name of the reference implementation for shards, with the right size only', () => {
    const named = (algorithm: string): Loose => {
      const s = shards(['f:0:10', 'f:10:12']);
      for (const r of s.predicate.resources) r.algorithm = algorithm;
      return s;
    };
    decodeStatement(bytes(named('sha256-sharded-10')));
    expectCode('ERR_MANIFEST_ALGORITHM', () => decodeStatement(bytes(named('sha256-sharded-11'))));
    expectCode('ERR_MANIFEST_ALGORITHM', () => decodeStatement(bytes(named('blake2b-sharded-10'))));
    expectCode('ERR_HASH_UNKNOWN', () => decodeStatement(bytes(named('sha1-sharded-10'))));
  });
  it('accepts the hash as the releases 0.3 name it for shards, with the right size only', () => {
    const named = (hash: string): Loose => {
      const s = shards(['f:0:10', 'f:10:12']);
      s.predicate.serialization.hash_type = hash;
      for (const r of s.predicate.resources) r.algorithm = hash;
      return s;
    };
    expect(decodeStatement(bytes(named('sha256-sharded-10'))).manifest.hashType).to.equal('sha256');
    for (const hash of ['sha256-sharded-11', 'md5-sharded-10', '-sharded-10']) {
      expectCode('ERR_HASH_UNKNOWN', () => decodeStatement(bytes(named(hash))));
    }
  });
  it('accepts the subjects of release 0.2 as files and as shards, all by one known hash', () => {
    const old = (
      kind: string,
      algorithms: string[],
      names = ['f:0:10', 'f:10:12'],
      digest = DIGEST,
    ): Loose => ({
      _type: 'https://in-toto.io/Statement/v1',
      subject: names.map((name, i) => ({
        name,
        digest: { sha256: digest },
        annotations: { actual_hash_algorithm: algorithms[i] },
      })),
      predicateType: `https://model_signing/${kind}/v0.1`,
      predicate: { unused: 'x' },
    });
    const read = (
      ...a: Parameters<typeof old>
    ): ReturnType<typeof decodeStatement>['manifest']['serialization'] =>
      decodeStatement(bytes(old(...a))).manifest.serialization;
    expect(read('Digests', ['file-sha256', 'file-sha256'])).to.include({
      method: 'files',
      hashType: 'sha256',
    });
    const blake = ['file-blake2b', 'file-blake2b'];
    expect(read('Digests', blake, ['a', 'b'], DIGEST.repeat(2))).to.include({ hashType: 'blake2b' });
    const ten = ['file-sha256-10', 'file-sha256-10'];
    expect(read('ShardDigests', ten)).to.include({ method: 'shards', hashType: 'sha256', shardSize: 10 });
    expectCode('ERR_MANIFEST_ALGORITHM', () => read('Digests', ['file-sha256', 'file-blake2b']));
    expectCode('ERR_HASH_UNKNOWN', () => read('Digests', ['file-md5', 'file-md5']));
    expectCode('ERR_HASH_UNKNOWN', () => read('Digests', ten));
    expectCode('ERR_HASH_UNKNOWN', () => read('ShardDigests', ['file-sha256', 'file-sha256']));
    expectCode('ERR_MANIFEST_SHARDS', () => read('ShardDigests', ['file-sha256-9', 'file-sha256-9']));
  });
  const BAD_SHARDS: readonly [string[], ErrorCode][] = [
    [['f'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:0'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:00:10'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:-1:10'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:0:10 '], 'ERR_MANIFEST_SHARD_NAME'],
    [[':0:10'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:0:0'], 'ERR_MANIFEST_SHARD_NAME'],
    [['f:5:10'], 'ERR_MANIFEST_SHARDS'],
    [['f:0:10', 'f:11:20'], 'ERR_MANIFEST_SHARDS'],
    [['f:0:10', 'f:9:19'], 'ERR_MANIFEST_SHARDS'],
    [['f:0:11'], 'ERR_MANIFEST_SHARDS'],
    [['f:0:9', 'f:9:19'], 'ERR_MANIFEST_SHARDS'],
    [['f:0:10', 'f:0:10'], 'ERR_NAME_DUPLICATE'],
    [['../f:0:10'], 'ERR_NAME_PARENT'],
  ];
  for (const [names, code] of BAD_SHARDS) {
    it(`refuses the shards ${names.join(', ')} with ${code}`, () => {
      expectCode(code, () => decodeStatement(bytes(shards(names))));
    });
  }
});
