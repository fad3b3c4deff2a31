import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import {
  decodeStatement,
  encodeBundle,
  encodeStatement,
  keyHint,
  MAX_CHAIN,
  MAX_SIGNATURES,
  matchSignature,
  namedKey,
  UnverifiedBundle,
} from '../../../core/bundle/index.js';
import { preAuthEncoding, preAuthEncodingV02 } from '../../../core/dsse.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { Manifest, rootDigest } from '../../../core/model/index.js';
import { expectCode } from '../../support/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: mutations put anything anywhere
type Loose = any;

const DIGEST = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const pair = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const manifest = Manifest.from(
  'model',
  { method: 'files', hashType: 'sha256', allowSymlinks: false, ignorePaths: ['.git', 'model.sig'] },
  [
    { name: 'a/b', digest: DIGEST },
    { name: 'c', digest: OTHER },
  ],
);
const payload = encodeStatement(manifest, { treeDigest: DIGEST, annotations: { modelName: 'm' } });
const pae = preAuthEncoding('application/vnd.in-toto+json', payload);
const signature = sign('sha384', pae, pair.privateKey);
const certificate = Uint8Array.of(0x30, 0);

const bytes = (value: Loose): Uint8Array => Buffer.from(JSON.stringify(value));
const fresh = (material: Parameters<typeof encodeBundle>[2] = { chain: [certificate] }): Loose =>
  JSON.parse(encodeBundle(payload, [signature], material));

describe('one-fault mutations of a bundle', () => {
  const MUTATIONS: readonly [name: string, code: ErrorCode, change: (b: Loose) => void][] = [
    [
      'another media type',
      'ERR_BUNDLE_MEDIA_TYPE',
      (b) => {
        b.mediaType = 'application/vnd.dev.sigstore.bundle.v0.2+json';
      },
    ],
    [
      'no media type',
      'ERR_BUNDLE_FIELD_MISSING',
      (b) => {
        delete b.mediaType;
      },
    ],
    [
      'a media type of another kind',
      'ERR_BUNDLE_FIELD_TYPE',
      (b) => {
        b.mediaType = 3;
      },
    ],
    [
      'an unknown field',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (b) => {
        b.extra = 1;
      },
    ],
    [
      'an unknown field of the envelope',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (b) => {
        b.dsseEnvelope.extra = 1;
      },
    ],
    [
      'an unknown field of a signature',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (b) => {
        b.dsseEnvelope.signatures[0].alg = 'none';
      },
    ],
    [
      'an unknown material',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (b) => {
        b.verificationMaterial.x5c = [];
      },
    ],
    [
      'no envelope',
      'ERR_BUNDLE_ENVELOPE_MISSING',
      (b) => {
        delete b.dsseEnvelope;
      },
    ],
    [
      'no material',
      'ERR_BUNDLE_FIELD_MISSING',
      (b) => {
        delete b.verificationMaterial;
      },
    ],
    [
      'empty material',
      'ERR_BUNDLE_MATERIAL_MISSING',
      (b) => {
        b.verificationMaterial = {};
      },
    ],
    [
      'material of two methods',
      'ERR_BUNDLE_MATERIAL_AMBIGUOUS',
      (b) => {
        b.verificationMaterial.publicKey = { hint: 'x' };
      },
    ],
    [
      'an empty chain',
      'ERR_BUNDLE_CHAIN_EMPTY',
      (b) => {
        b.verificationMaterial.x509CertificateChain.certificates = [];
      },
    ],
    [
      'a chain without end',
      'ERR_BUNDLE_TOO_MANY',
      (b) => {
        b.verificationMaterial.x509CertificateChain.certificates = Array(MAX_CHAIN + 1).fill({
          rawBytes: 'MAA=',
        });
      },
    ],
    [
      'a chain that is no list',
      'ERR_BUNDLE_FIELD_TYPE',
      (b) => {
        b.verificationMaterial.x509CertificateChain.certificates = {};
      },
    ],
    [
      'a Sigstore certificate without a log entry',
      'ERR_BUNDLE_TLOG_MISSING',
      (b) => {
        b.verificationMaterial = { certificate: { rawBytes: 'MAA=' }, tlogEntries: [] };
      },
    ],
    [
      'a key without a name',
      'ERR_BUNDLE_KEY_UNIDENTIFIED',
      (b) => {
        b.verificationMaterial = { publicKey: {} };
      },
    ],
    [
      'another payload type',
      'ERR_BUNDLE_PAYLOAD_TYPE',
      (b) => {
        b.dsseEnvelope.payloadType = 'text/plain';
      },
    ],
    [
      'no payload',
      'ERR_BUNDLE_FIELD_MISSING',
      (b) => {
        delete b.dsseEnvelope.payload;
      },
    ],
    [
      'an empty payload',
      'ERR_BUNDLE_FIELD_TYPE',
      (b) => {
        b.dsseEnvelope.payload = '';
      },
    ],
    [
      'base64 of the URL alphabet',
      'ERR_BUNDLE_BASE64',
      (b) => {
        b.dsseEnvelope.signatures[0].sig = '-_-_';
      },
    ],
    [
      'base64 with a line break',
      'ERR_BUNDLE_BASE64',
      (b) => {
        b.dsseEnvelope.payload += '\n';
      },
    ],
    [
      'base64 without padding',
      'ERR_BUNDLE_BASE64',
      (b) => {
        b.verificationMaterial.x509CertificateChain.certificates[0].rawBytes = 'MAA';
      },
    ],
    [
      'base64 with loose bits',
      'ERR_BUNDLE_BASE64',
      (b) => {
        b.verificationMaterial.x509CertificateChain.certificates[0].rawBytes = 'MAB=';
      },
    ],
    [
      'no signature',
      'ERR_BUNDLE_NO_SIGNATURE',
      (b) => {
        b.dsseEnvelope.signatures = [];
      },
    ],
    [
      'a signature without sig',
      'ERR_BUNDLE_FIELD_MISSING',
      (b) => {
        delete b.dsseEnvelope.signatures[0].sig;
      },
    ],
    [
      'a keyid that is no text',
      'ERR_BUNDLE_FIELD_TYPE',
      (b) => {
        b.dsseEnvelope.signatures[0].keyid = 1;
      },
    ],
    [
      'too many signatures',
      'ERR_BUNDLE_TOO_MANY',
      (b) => {
        b.dsseEnvelope.signatures = Array(MAX_SIGNATURES + 1).fill({ sig: 'AAAA' });
      },
    ],
  ];
  it('accepts the bundle before it is mutated', () => {
    expect(UnverifiedBundle.parse(bytes(fresh())).method).to.equal('certificate');
    expect(UnverifiedBundle.parse(bytes(fresh({ keyHint: 'x' }))).method).to.equal('key');
  });
  for (const [name, code, change] of MUTATIONS) {
    it(`refuses ${name} with ${code}`, () => {
      const bundle = fresh();
      change(bundle);
      expectCode(code, () => UnverifiedBundle.parse(bytes(bundle)));
    });
  }
  it('keeps every signature, whatever its keyid', () => {
    const bundle = fresh();
    bundle.dsseEnvelope.signatures.push(
      { sig: 'AAAA', keyid: null },
      { sig: 'BBBB' },
      { sig: 'CCCC', keyid: 'k' },
    );
    const parsed = UnverifiedBundle.parse(bytes(bundle));
    expect(parsed.signatures.map((s) => s.keyid)).to.deep.equal(['', '', '', 'k']);
  });
  it('is a bundle on the outside only: an object, not a list', () => {
    expectCode('ERR_BUNDLE_FIELD_TYPE', () => UnverifiedBundle.parse(bytes([fresh()])));
  });
});

describe('one-fault mutations of a statement', () => {
  const statement = (): Loose => JSON.parse(Buffer.from(payload).toString());
  /** Resources may change without the root digest being the fault that is found. */
  const rooted = (s: Loose): void => {
    s.subject[0].digest.sha256 = rootDigest(s.predicate.resources.map((r: Loose) => r.digest));
  };
  const MUTATIONS: readonly [name: string, code: ErrorCode, change: (s: Loose) => void][] = [
    [
      'another statement type',
      'ERR_STATEMENT_TYPE',
      (s) => {
        s._type = 'https://in-toto.io/Statement/v0.1';
      },
    ],
    [
      'another predicate type',
      'ERR_STATEMENT_PREDICATE_TYPE',
      (s) => {
        s.predicateType = 'https://slsa.dev/provenance/v1';
      },
    ],
    [
      'no subject',
      'ERR_STATEMENT_SUBJECT_COUNT',
      (s) => {
        s.subject = [];
      },
    ],
    [
      'two subjects',
      'ERR_STATEMENT_SUBJECT_COUNT',
      (s) => {
        s.subject.push(s.subject[0]);
      },
    ],
    [
      'a subject without a name',
      'ERR_BUNDLE_FIELD_TYPE',
      (s) => {
        s.subject[0].name = '';
      },
    ],
    [
      'no root digest',
      'ERR_BUNDLE_FIELD_MISSING',
      (s) => {
        delete s.subject[0].digest.sha256;
      },
    ],
    [
      'a root digest in capitals',
      'ERR_BUNDLE_FIELD_TYPE',
      (s) => {
        s.subject[0].digest.sha256 = DIGEST.toUpperCase();
      },
    ],
    [
      'another root digest',
      'ERR_MANIFEST_ROOT_DIGEST',
      (s) => {
        s.subject[0].digest.sha256 = DIGEST;
      },
    ],
    [
      'another digest of a file',
      'ERR_MANIFEST_ROOT_DIGEST',
      (s) => {
        s.predicate.resources[0].digest = OTHER;
      },
    ],
    [
      'another order of files',
      'ERR_MANIFEST_ROOT_DIGEST',
      (s) => {
        s.predicate.resources.reverse();
      },
    ],
    [
      'an unknown field of the statement',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (s) => {
        s.extra = 1;
      },
    ],
    [
      'an unknown field of the predicate',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (s) => {
        s.predicate.extra = 1;
      },
    ],
    [
      'an unknown serialization parameter',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      (s) => {
        s.predicate.serialization.follow = true;
      },
    ],
    [
      'an unknown method',
      'ERR_METHOD_UNKNOWN',
      (s) => {
        s.predicate.serialization.method = 'tensors';
      },
    ],
    [
      'an unknown hash',
      'ERR_HASH_UNKNOWN',
      (s) => {
        s.predicate.serialization.hash_type = 'md5';
      },
    ],
    [
      'an unknown hash of a file',
      'ERR_HASH_UNKNOWN',
      (s) => {
        s.predicate.resources[0].algorithm = 'sha1';
      },
    ],
    [
      'another hash for one file',
      'ERR_MANIFEST_ALGORITHM',
      (s) => {
        s.predicate.resources[0].algorithm = 'blake3';
      },
    ],
    [
      'a shard size with files',
      'ERR_SHARD_SIZE',
      (s) => {
        s.predicate.serialization.shard_size = 5;
      },
    ],
    [
      'no shard size with shards',
      'ERR_SHARD_SIZE',
      (s) => {
        s.predicate.serialization.method = 'shards';
      },
    ],
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
      (s) => {
        s.predicate.serialization.allow_symlinks = 'false';
      },
    ],
    [
      'no allow_symlinks',
      'ERR_BUNDLE_FIELD_MISSING',
      (s) => {
        delete s.predicate.serialization.allow_symlinks;
      },
    ],
    [
      'an excluded path that is absolute',
      'ERR_MANIFEST_IGNORE_PATH',
      (s) => {
        s.predicate.serialization.ignore_paths = ['/'];
      },
    ],
    [
      'an excluded path that is the model',
      'ERR_MANIFEST_IGNORE_PATH',
      (s) => {
        s.predicate.serialization.ignore_paths = ['.'];
      },
    ],
    [
      'an empty excluded path',
      'ERR_BUNDLE_FIELD_TYPE',
      (s) => {
        s.predicate.serialization.ignore_paths = [''];
      },
    ],
    [
      'no file',
      'ERR_MANIFEST_EMPTY',
      (s) => {
        s.predicate.resources = [];
      },
    ],
    [
      'a digest in capitals',
      'ERR_MANIFEST_DIGEST',
      (s) => {
        s.predicate.resources[0].digest = DIGEST.toUpperCase();
      },
    ],
    [
      'a digest cut short',
      'ERR_MANIFEST_DIGEST',
      (s) => {
        s.predicate.resources[0].digest = DIGEST.slice(2);
      },
    ],
    [
      'an empty name',
      'ERR_NAME_EMPTY',
      (s) => {
        s.predicate.resources[0].name = '';
      },
    ],
    [
      'an absolute name',
      'ERR_NAME_ABSOLUTE',
      (s) => {
        s.predicate.resources[0].name = '/a/b';
      },
    ],
    [
      'a name that leads out',
      'ERR_NAME_PARENT',
      (s) => {
        s.predicate.resources[0].name = '../b';
      },
    ],
    [
      'a name that is not canonical',
      'ERR_NAME_NOT_CANONICAL',
      (s) => {
        s.predicate.resources[0].name = './a';
      },
    ],
    [
      'a dot among several files',
      'ERR_NAME_NOT_CANONICAL',
      (s) => {
        s.predicate.resources[0].name = '.';
      },
    ],
    [
      'a name twice',
      'ERR_NAME_DUPLICATE',
      (s) => {
        s.predicate.resources[0].name = 'c';
      },
    ],
    [
      'twins',
      'ERR_NAME_TWIN',
      (s) => {
        s.predicate.resources[0].name = 'C';
      },
    ],
    [
      'a tree digest of the wrong form',
      'ERR_BUNDLE_FIELD_TYPE',
      (s) => {
        s.subject[0].digest.modelsealTreeSha256 = 'x';
      },
    ],
    [
      'annotations that are no object',
      'ERR_BUNDLE_FIELD_TYPE',
      (s) => {
        s.subject[0].annotations = [];
      },
    ],
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
  for (const [name, code, change] of MUTATIONS) {
    it(`refuses ${name} with ${code}`, () => {
      const s = statement();
      change(s);
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

describe('signatures of a bundle', () => {
  const parsed = (
    change: (b: Loose) => void = () => {},
    material?: Parameters<typeof encodeBundle>[2],
  ): UnverifiedBundle => {
    const bundle = fresh(material);
    change(bundle);
    return UnverifiedBundle.parse(bytes(bundle));
  };
  const match = (bundle: UnverifiedBundle): string | undefined => {
    const [first] = bundle.signatures;
    return first && matchSignature(bundle, first, pair.publicKey);
  };

  it('fit over the payload as received, and over nothing else', () => {
    expect(match(parsed())).to.equal('dsse');
    const changed = Buffer.from(payload);
    changed[20] = (changed[20] as number) ^ 1;
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.payload = changed.toString('base64');
        }),
      ),
    ).to.equal(undefined);
    const spaced = JSON.stringify(JSON.parse(Buffer.from(payload).toString()), null, 1);
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.payload = Buffer.from(spaced).toString('base64');
        }),
      ),
    ).to.equal(undefined);
  });

  it('do not fit when one bit of them is another, or the hash does not follow the curve', () => {
    for (let i = 0; i < signature.length; i++) {
      const flipped = Buffer.from(signature);
      flipped[i] = (flipped[i] as number) ^ 0x10;
      expect(
        match(
          parsed((b) => {
            b.dsseEnvelope.signatures[0].sig = flipped.toString('base64');
          }),
        ),
      ).to.equal(undefined);
    }
    const weaker = sign('sha256', pae, pair.privateKey).toString('base64');
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.signatures[0].sig = weaker;
        }),
      ),
    ).to.equal(undefined);
  });

  it('of release 0.2 fit with SHA-256 or the hash of the curve', () => {
    const legacy = preAuthEncodingV02('application/vnd.in-toto+json', payload);
    for (const hash of ['sha256', 'sha384']) {
      const sig = sign(hash, legacy, pair.privateKey).toString('base64');
      expect(
        match(
          parsed((b) => {
            b.dsseEnvelope.signatures[0].sig = sig;
          }),
        ),
      ).to.equal('v0.2');
    }
  });

  it('name their key by hint or by its bytes', () => {
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
    const der = pair.publicKey.export({ type: 'spki', format: 'der' });
    const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
    const withKey = (publicKey: Loose): UnverifiedBundle =>
      parsed((b) => {
        b.verificationMaterial = { publicKey, tlogEntries: [] };
      });
    expect(namedKey(withKey({ hint: keyHint(pair.publicKey) }), pair.publicKey)).to.equal('hint');
    expect(namedKey(withKey({ hint: keyHint(pair.publicKey) }), other)).to.equal('mismatch');
    for (const raw of [Buffer.from(pem), der]) {
      const bundle = withKey({ rawBytes: raw.toString('base64'), keyDetails: 'PKIX_ECDSA_P384_SHA_384' });
      expect(namedKey(bundle, pair.publicKey)).to.equal('rawBytes');
      expect(namedKey(bundle, other)).to.equal('mismatch');
    }
    expect(namedKey(withKey({ rawBytes: 'AAAA' }), other)).to.equal('mismatch');
  });
});

describe('preAuthEncodingV02', () => {
  it('writes bytes as a Python literal does', () => {
    const text = (b: Buffer): string => Buffer.from(preAuthEncodingV02('t', b)).toString();
    expect(text(Buffer.from('{"a": 1}\n'))).to.equal(`DSSEV1 1 t 9 b'{"a": 1}\\n'`);
    expect(text(Buffer.from(`it's`))).to.equal(`DSSEV1 1 t 4 b"it's"`);
    expect(text(Buffer.from(`"it's"`))).to.equal(`DSSEV1 1 t 6 b'"it\\'s"'`);
    expect(text(Buffer.from([0, 9, 13, 92, 127, 255]))).to.equal(`DSSEV1 1 t 6 b'\\x00\\t\\r\\\\\\x7f\\xff'`);
  });
});
