import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { UnverifiedBundle } from '../../core/bundle/index.js';
import type { ErrorCode } from '../../core/errors/index.js';
import { signingKey } from '../../core/keys/index.js';
import { TSA_POLICY } from '../../ca/index.js';
import { Oid } from '../../core/x509/index.js';
import {
  loadModel,
  parsePolicy,
  type Report,
  ReportBuilder,
  TrustStore,
  trustFromStore,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { CHECK_OF } from '../../loader/policy/fields.js';
import { policySchema } from '../../loader/policy/schema.js';
import { compareVersions } from '../../loader/policy/version.js';
import { identityPattern } from '../../loader/policy/pattern.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { cli } from '../support/cli.js';
import { checkDocument } from '../support/schemas.js';
import { editBundle, flip } from '../support/edit-bundle.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT, extensions, general, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';
import { testTsa } from '../support/timestamp.js';

const POLICY = '2.999.1';
const BUILD = '2.999.2';
const own = {
  [Oid.extKeyUsage]: extensions.extKeyUsage([Oid.codeSigning, BUILD]),
  [Oid.certificatePolicies]: extensions.certificatePolicies([POLICY]),
};
const pub = publisher({ extensions: own });
const underPolicy = makeUnderPolicy();
const rsa = publisher({ key: testKey('rsa-2048', 'policy') });
const tsa = testTsa();
const otherTsa = testTsa({}, makeRoot({ subject: 'Other TSA Root', key: testKey('ec-p256', 'other tsa') }));
const other = makeRoot({ subject: 'Other Root', key: testKey('ec-p256', 'other root') });

/** A developer right below the root: every certificate of the path names the policy. */
function makeUnderPolicy() {
  return makeLeaf(pub.root, { extensions: own });
}

type Prepare = (folder: string) => Promise<void>;
const signatureFile = (folder: string): string => join(folder, 'model.sig');

const stamped: Prepare = async (folder) => {
  const file = signatureFile(folder);
  const { sig } = JSON.parse(readFileSync(file, 'utf8')).dsseEnvelope.signatures[0];
  const token = await tsa.stamp(new Uint8Array(Buffer.from(sig, 'base64')));
  editBundle(file, (bundle) => {
    bundle.verificationMaterial.timestampVerificationData = {
      rfc3161Timestamps: [{ signedTimestamp: Buffer.from(token).toString('base64') }],
    };
  });
};

const colleague: Prepare = async (folder) => {
  const leaf = makeLeaf(pub.issuing, {
    subject: 'Second',
    key: testKey('ec-p256', 'second'),
    extensions: { [Oid.subjectAltName]: extensions.subjectAltName([general.email('second@example.com')]) },
  });
  await signModel(folder, {
    key: signingKey(leaf.key.privateKey),
    certificate: leaf.certificate,
    chain: [pub.issuing.certificate],
    at: AT,
    add: true,
    metadata: { modelVersion: '1.4.0' },
  });
};

const oldForm: Prepare = async (folder) => {
  const file = signatureFile(folder);
  const bundle = UnverifiedBundle.parse(new Uint8Array(readFileSync(file)));
  const sig = await signingKey(pub.leaf.key.privateKey).sign(bundle.legacySignedBytes);
  editBundle(file, (json) => {
    json.dsseEnvelope.signatures[0].sig = Buffer.from(sig).toString('base64');
  });
};

const oneBroken: Prepare = async (folder) =>
  editBundle(signatureFile(folder), ({ dsseEnvelope: { signatures } }) => {
    signatures.push({ ...signatures[0], sig: flip(signatures[0].sig, -1) });
  });

/** A field of a policy, what accepts a model and what refuses the same. */
interface Twins {
  readonly accepts: string;
  readonly refuses: string;
  readonly code: ErrorCode;
  readonly options?: Partial<VerifyOptions>;
  readonly sign?: Partial<SignOptions>;
  readonly prepare?: Prepare;
  /** Verified by loading, where the content of files counts. */
  readonly load?: boolean;
}

const KEY = 'ab'.repeat(32);
/** Every field of a policy with an accepted and a refused twin. */
const TABLE: { readonly [F in keyof typeof CHECK_OF]-?: Twins | readonly Twins[] } = {
  signers: [
    {
      accepts: 'signers: [{identity: "email:dev@example.com"}]',
      refuses: 'signers: [{identity: "email:eve@example.com"}]',
      code: 'ERR_SIGNER_NOT_ACCEPTED',
    },
    {
      accepts: 'signers: [{identityPattern: "email:*@example.com"}]',
      refuses: 'signers: [{identityPattern: "email:*@example.co"}]',
      code: 'ERR_SIGNER_NOT_ACCEPTED',
    },
    {
      accepts: `signers: [{certificate: ${KEY}}, {certificate: ${pub.leaf.certificate.fingerprint}}]`,
      refuses: `signers: [{certificate: ${KEY}}]`,
      code: 'ERR_SIGNER_NOT_ACCEPTED',
    },
  ],
  anchors: { accepts: 'anchors: [other, acme]', refuses: 'anchors: [other]', code: 'ERR_PATH_NO_ISSUER' },
  timestampAnchors: {
    accepts: 'timestamp: require\ntimestampAnchors: [time]',
    refuses: 'timestamp: require\ntimestampAnchors: [othertime]',
    code: 'ERR_POLICY_TIMESTAMP',
    prepare: stamped,
  },
  timestampPolicies: {
    accepts: `timestamp: require\ntimestampPolicies: ['2.999.9', '${TSA_POLICY}']`,
    refuses: `timestamp: require\ntimestampPolicies: ['2.999.9']`,
    code: 'ERR_POLICY_TIMESTAMP',
    prepare: stamped,
  },
  timestamp: { accepts: 'timestamp: allow', refuses: 'timestamp: require', code: 'ERR_POLICY_TIMESTAMP' },
  extendedKeyUsages: {
    accepts: `extendedKeyUsages: ['${BUILD}', '${Oid.codeSigning}']`,
    refuses: `extendedKeyUsages: ['${BUILD}', '2.999.3']`,
    code: 'ERR_POLICY_EXTENDED_KEY_USAGE',
  },
  certificatePolicies: {
    accepts: `certificatePolicies: ['2.999.7', '${POLICY}']`,
    refuses: `certificatePolicies: ['2.999.7']`,
    code: 'ERR_POLICY_CERTIFICATE_POLICY',
    sign: {
      key: signingKey(underPolicy.key.privateKey),
      certificate: underPolicy.certificate,
      chain: [],
    },
  },
  minRsaBits: {
    accepts: 'minRsaBits: 2048',
    refuses: 'minRsaBits: 3072',
    code: 'ERR_POLICY_KEY',
    sign: { key: signingKey(rsa.leaf.key.privateKey), certificate: rsa.leaf.certificate },
  },
  minEcBits: { accepts: 'minEcBits: 256', refuses: 'minEcBits: 384', code: 'ERR_POLICY_KEY' },
  minHashBits: { accepts: 'minHashBits: 256', refuses: 'minHashBits: 384', code: 'ERR_POLICY_HASH' },
  hashes: { accepts: 'hashes: [sha256]', refuses: 'hashes: [blake2b, blake3]', code: 'ERR_POLICY_HASH' },
  revocation: {
    accepts: 'revocation: prefer',
    refuses: 'revocation: require',
    code: 'ERR_REVOCATION_EVIDENCE_MISSING',
  },
  threshold: {
    accepts: 'threshold: 2',
    refuses: 'threshold: 3',
    code: 'ERR_THRESHOLD',
    prepare: colleague,
  },
  distinctRoots: {
    accepts: 'threshold: 2\ndistinctRoots: false',
    refuses: 'threshold: 2\ndistinctRoots: true',
    code: 'ERR_THRESHOLD',
    prepare: colleague,
  },
  formats: [
    {
      accepts: 'formats: [onnx, text]',
      refuses: 'formats: [safetensors, text]',
      code: 'ERR_POLICY_FORMAT',
    },
    {
      accepts: 'formats: [onnx, text, json]',
      refuses: 'formats: [onnx, json]',
      code: 'ERR_POLICY_FORMAT',
      load: true,
    },
  ],
  maxFiles: { accepts: 'maxFiles: 3', refuses: 'maxFiles: 2', code: 'ERR_POLICY_LIMIT' },
  maxBytes: { accepts: 'maxBytes: 100000', refuses: 'maxBytes: 10', code: 'ERR_POLICY_LIMIT' },
  storage: {
    accepts: 'storage: [elsewhere, .]',
    refuses: 'storage: [elsewhere]',
    code: 'ERR_STORAGE_UNTRUSTED',
  },
  minimumVersion: [
    { accepts: 'minimumVersion: 1.4.0-rc.1', refuses: 'minimumVersion: 1.4.1', code: 'ERR_MODEL_ROLLBACK' },
    { accepts: 'minimumVersion: v1.4', refuses: 'minimumVersion: v1.10', code: 'ERR_MODEL_ROLLBACK' },
  ],
  manifestIgnores: {
    accepts: 'manifestIgnores: allow',
    refuses: 'manifestIgnores: refuse',
    code: 'ERR_FILE_UNSIGNED',
    sign: { ignorePaths: ['labels'] },
  },
  ignorePaths: [
    {
      accepts: 'ignorePaths: [labels]',
      refuses: 'ignorePaths: []',
      code: 'ERR_POLICY_IGNORED',
      sign: { ignorePaths: ['labels'] },
    },
    {
      accepts: 'ignorePaths: [cache]',
      refuses: 'ignorePaths: [logs]',
      code: 'ERR_POLICY_IGNORED',
      options: { ignorePaths: ['cache'] },
    },
  ],
  unsignedFiles: {
    accepts: 'unsignedFiles: allow',
    refuses: 'unsignedFiles: refuse',
    code: 'ERR_POLICY_IGNORED',
    options: { ignoreUnsignedFiles: true },
  },
  signatures: {
    accepts: 'signatures: any',
    refuses: 'signatures: all',
    code: 'ERR_SIGNATURE_INVALID',
    prepare: oneBroken,
  },
  legacy: {
    accepts: 'legacy: allow',
    refuses: 'legacy: refuse',
    code: 'ERR_SIGNATURE_LEGACY',
    prepare: oldForm,
  },
};

describe('trust policy: every field', function () {
  this.timeout(20_000);
  const temp = useTemp();
  let model = '';
  const store = (): TrustStore => TrustStore.at(join(temp(), 'store'));

  const signed = async ({ sign = {}, prepare }: Partial<Twins>): Promise<void> => {
    model = writeModel(join(temp(), 'model'));
    await pub.sign(model, { metadata: { modelVersion: '1.4.0' }, ...sign });
    await prepare?.(model);
    const roots = { acme: pub.root, rsa: rsa.root, other };
    for (const [name, { certificate }] of Object.entries(roots))
      store().add({ name, at: AT, certificates: [certificate] });
    for (const [name, { root }] of Object.entries({ time: tsa, othertime: otherTsa }))
      store().add({ name, at: AT, certificates: [root.certificate], use: 'time-stamping' });
  };
  const verify = async (text: string, more: Partial<VerifyOptions> = {}, load = false): Promise<Report> => {
    const report = new ReportBuilder(model, AT);
    const policy = parsePolicy(`version: 1\n${text}\n`, join(temp(), 'modelseal.policy.yaml'));
    const options = { at: AT, ...trustFromStore(store(), model), report, policy, ...more };
    if (load) await (await loadModel(model, options)).live.close();
    else await verifyModel(model, options);
    return report.build();
  };

  for (const [field, given] of Object.entries(TABLE)) {
    for (const twins of [given].flat()) {
      const { accepts, refuses, code, options, load } = twins;
      it(`${field}: ${accepts.replaceAll('\n', ', ')} accepts, ${refuses.replaceAll('\n', ', ')} refuses`, async () => {
        await signed(twins);
        expect((await verify(accepts, options, load)).verdict).to.equal('accepted');
        await expectCodeAsync(code, () => verify(refuses, options, load));
        // In a rule the same.
        const rule = (lines: string): string =>
          `rules:\n  - name: all\n    scope: {}\n${lines.replaceAll(/^/gm, '    ')}`;
        expect((await verify(rule(accepts), options, load)).verdict).to.equal('accepted');
        await expectCodeAsync(code, () => verify(rule(refuses), options, load));
        // Reported, where the check is only audited; what has no check is enforced at every level.
        const [audit, said] = [`level: audit\n${refuses}`, CHECK_OF[field as keyof typeof CHECK_OF]];
        if (said === undefined) return;
        const { verdict, reservations, checks } = await verify(audit, options, load);
        expect(verdict).to.equal('accepted');
        expect(reservations).to.include('policy not fully enforced');
        const warnings = checks.filter(
          ({ name, outcome }) => name === `policy.${said}` && outcome === 'warning',
        );
        expect(warnings, JSON.stringify(checks)).to.have.length(1);
        expect(warnings[0]?.detail).to.match(/^not enforced: /);
        await expectCodeAsync(code, () => verify(`${audit}\nchecks: {${said}: enforce}`, options, load));
      });
    }
  }

  it('is walked by its schema, as published', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../docs/schemas/policy.v1.json', import.meta.url), 'utf8'),
    );
    const validate = new Ajv2020({ strictTypes: false }).compile(schema);
    for (const twins of Object.values(TABLE).flat())
      for (const text of [twins.accepts, twins.refuses])
        expect(validate(parseYaml(`version: 1\n${text}`)), text).to.equal(true);
    expect(validate({ version: 1, threshhold: 2 })).to.equal(false);
    expect(schema).to.deep.equal(policySchema());
    expect(validate({ version: 1, checks: { signature: 'report' } })).to.equal(false);
    expect(Object.keys(schema.properties)).to.include.members(Object.keys(TABLE));
  });

  describe('rules', () => {
    const rules = (...list: string[]): string => `rules:\n${list.map((r) => `  - ${r}`).join('\n')}`;
    const nobody = 'signers: [{identity: "dns:nobody.example"}]';

    it('are chosen by name, place and reference, the most specific first', async () => {
      await signed({});
      const strictest = (scope: string): string =>
        rules(`{name: all, scope: {}}`, `{name: one, scope: {${scope}}, ${nobody}}`);
      for (const [scope, options] of [
        ['model: model'],
        ['modelPrefix: mod'],
        ['path: model'],
        ['pathPrefix: .'],
        ['reference: "oci://r.example/a:1"', { reference: 'oci://r.example/a:1' }],
        ['referencePrefix: "oci://r.example/"', { reference: 'oci://r.example/a:1' }],
        ['model: model, pathPrefix: .'],
      ] as const)
        await expectCodeAsync('ERR_SIGNER_NOT_ACCEPTED', () => verify(strictest(scope), options));
      for (const scope of [
        'model: mode',
        'modelPrefix: modl',
        'path: .',
        'pathPrefix: mode',
        'reference: "oci://r.example/a:1"',
        'model: model, path: other',
      ]) {
        const { checks } = await verify(strictest(scope));
        expect(checks.find(({ name }) => name === 'policy')?.detail).to.equal(
          'judged by the rule all (every model)',
        );
      }
      await expectCodeAsync('ERR_POLICY_NO_RULE', () => verify(rules('{name: a, scope: {model: b}}')));
      // What stands above holds for all rules.
      await expectCodeAsync('ERR_SIGNER_NOT_ACCEPTED', () =>
        verify(`${nobody}\n${rules('{name: a, scope: {}}')}`),
      );
    });

    it('are not fooled by a name that is not signed', async () => {
      await signed({});
      const file = signatureFile(model);
      const renamed = writeModel(join(temp(), 'free'));
      copyFileSync(file, signatureFile(renamed));
      editBundle(signatureFile(renamed), (bundle) => {
        const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
        bundle.dsseEnvelope.payload = Buffer.from(text.replace('"name":"model"', '"name":"free"')).toString(
          'base64',
        );
      });
      model = renamed;
      const policy = rules(`{name: a, scope: {model: model}, ${nobody}}`, '{name: b, scope: {model: free}}');
      await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verify(policy));
    });
  });
});

describe('trust policy: commands', function () {
  this.timeout(20_000);
  const temp = useTemp();

  it('write profiles that are valid, say what they have, and explain a model', async () => {
    const model = writeModel(join(temp(), 'model'));
    await pub.sign(model);
    const run = async (...args: string[]) => {
      const { code, stdout } = await cli(['policy', ...args, '--json']);
      checkDocument(stdout);
      return { code, document: JSON.parse(stdout) };
    };
    const levels: Record<string, number> = { development: 0, staging: 0, production: 0 };
    for (const profile of Object.keys(levels)) {
      const file = join(temp(), `${profile}.yaml`);
      expect((await run('init', file, '--profile', profile)).code).to.equal(0);
      const { document } = await run('check', file);
      levels[profile] = document.notEnforced.length;
      expect((await run('init', file)).document.error.code).to.equal('ERR_FILE_EXISTS');
    }
    expect(levels).to.deep.equal({ development: 4, staging: 2, production: 0 });
    const file = join(temp(), 'rules.yaml');
    writeFileSync(file, 'version: 1\nrules:\n  - {name: a, scope: {modelPrefix: mod}, threshold: 2}\n');
    const { document } = await run('explain', model, '--policy', file);
    expect(document).to.deep.include({
      model: 'model',
      rule: 'a (model beginning with mod)',
      demands: { threshold: 2 },
    });
    expect((await run('explain', model)).document.error.code).to.equal('ERR_USAGE');
    writeFileSync(file, 'version: 1\nrules:\n  - {name: a, scope: {model: b}}\n');
    expect((await run('explain', model, '--policy', file)).document.error.code).to.equal(
      'ERR_POLICY_NO_RULE',
    );
  });
});

describe('trust policy: its text', () => {
  const problem = (text: string): string => {
    const { message } = expectCode('ERR_POLICY_INVALID', () => parsePolicy(text, 'p.yaml'));
    return message.replace('p.yaml is not a valid trust policy: ', '');
  };

  it('is refused with line and column', () => {
    const R = 'version: 1\nrules:\n';
    for (const [text, place] of [
      ['version: 1\nthreshhold: 2', 'threshhold: there is no such field (line 2'],
      ['version: 1\nthreshold: 0', '(line 2, column 12)'],
      ['version: 1\nversion: 1', '(line 2, column 1)'],
      [
        'version: 1\nsigners: &x [{identity: "dns:a.example"}]',
        'anchors are not allowed (line 2, column 13)',
      ],
      ['version: 1\n<<: {threshold: 1}', 'merges are not allowed (line 2, column 1)'],
      ['version: !!int 1', 'tags are not allowed (line 1'],
      ['version: 1\nlevel: lax', '(line 2, column 8)'],
      ['version: 1\nchecks: {signature: report}', '(line 2'],
      ['version: 1\nminimumVersion: latest', 'latest is not a version'],
      ['version: 1\nminimumVersion: 1.2', '(line 2, column 17)'],
      ['version: 1\nsigners: [{identityPattern: "*"}]', 'is not a pattern'],
      [`${R}  - {name: a, scope: {model: x, modelPrefix: y}}`, '(line 3, column 22)'],
      [`${R}  - {name: a, scope: {models: x}}`, 'rules.0.scope.models: there is no such field (line 3'],
      [
        `${R}  - {name: a, scope: {}}\n  - {name: a, scope: {model: x}}`,
        'another rule is called a (line 4, column 12)',
      ],
      [
        `${R}  - {name: a, scope: {model: x}}\n  - {name: b, scope: {model: x}}`,
        'neither is more specific (line 4, column 22)',
      ],
      [
        `${R}  - {name: a, scope: {model: x}}\n  - {name: b, scope: {pathPrefix: y}}`,
        'neither is more specific (line 4',
      ],
      [`${R}  - {name: a, scope: {}, thresold: 1}`, 'rules.0.thresold: there is no such field (line 3'],
    ] as const)
      expect(problem(text), text).to.include(place);
  });

  it('may leave two rules without order where a third decides', () => {
    const list = ['model: x', 'pathPrefix: y', 'model: x, pathPrefix: y'].map(
      (scope, i) => `{name: r${i}, scope: {${scope}}}`,
    );
    const rules = (names: readonly string[]): string => `version: 1\nrules: [${names.join(', ')}]`;
    expect(parsePolicy(rules(list), 'p.yaml').rules[0]).to.have.length(3);
    problem(rules(list.slice(0, 2)));
  });

  it('knows what is older', () => {
    const order = [
      '0.9',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0',
      '1.0.0.1',
      '1.2',
      '1.10',
      '10',
    ];
    for (const [i, a] of order.entries())
      for (const [j, b] of order.entries())
        expect(Math.sign(compareVersions(a, b) ?? Number.NaN), `${a} ${b}`).to.equal(Math.sign(i - j));
    expect(compareVersions('v1', '1.0.0+build')).to.equal(0);
    for (const bad of ['', '1.', 'latest', '1.2.3.4.5', '-1', '1 ', '1.0-'])
      expect(compareVersions(bad, '1')).to.equal(undefined);
  });

  it('has patterns that never cross a host, a mailbox or a segment', () => {
    for (const [pattern, yes, no] of [
      [
        'email:*@example.org',
        ['email:ada@example.org', 'email:a.b+c@example.org'],
        ['email:"a@b"@example.org', 'email:ada@sub.example.org', 'dns:example.org'],
      ],
      [
        'dns:*.build.example.org',
        ['dns:a.build.example.org'],
        ['dns:a.b.build.example.org', 'dns:build.example.org'],
      ],
      [
        'uri:https://ci.example/acme/*',
        ['uri:https://ci.example/acme/tiny'],
        [
          'uri:https://ci.example/acme/',
          'uri:https://ci.example/acme/a/b',
          'uri:https://ci.example/acme/a?b',
        ],
      ],
    ] as const) {
      const holds = identityPattern(pattern);
      for (const identity of yes) expect(holds?.(identity), identity).to.equal(true);
      for (const identity of no) expect(holds?.(identity), identity).to.equal(false);
    }
    for (const bad of [
      '*',
      'email:*',
      'email:ada@*',
      'email:*@*.org',
      'dns:*',
      'dns:*.org',
      'dns:a*.example.org',
      'uri:*',
      'uri:https://*/x',
      'uri:https://a.example*',
      'uri:https://a@*/',
      'ada@example.org',
    ])
      expect(identityPattern(bad), bad).to.equal(undefined);
  });
});
