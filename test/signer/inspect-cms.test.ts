import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { makeIntermediate, makeLeaf, makeRoot } from '../support/pki.js';
import { useTemp } from '../support/temp.js';

describe('inspect of containers and structure', () => {
  const temp = useTemp();
  const root = makeRoot();
  const issuing = makeIntermediate(root);
  const leaf = makeLeaf(issuing);

  it('shows the certificates of a CMS container, PEM or DER', async function () {
    needOpenssl(this);
    const chain = join(temp(), 'chain.pem');
    writeFileSync(chain, leaf.pem + issuing.pem);
    for (const form of ['PEM', 'DER']) {
      const file = join(temp(), `chain.${form}`);
      const made = openssl(['crl2pkcs7', '-nocrl', '-certfile', chain, '-outform', form, '-out', file]);
      expect(made.status, made.output).to.equal(0);
      const { code, stdout } = await cli(['inspect', file, '--json']);
      expect(code).to.equal(0);
      const shown = JSON.parse(stdout) as {
        kind: string;
        verified: boolean;
        claims: { certificates: { fingerprint: string }[]; crls: number; signers: string[] };
      };
      expect(shown).to.deep.include({ kind: 'cms', verified: false });
      expect(shown.claims).to.deep.include({ crls: 0, signers: [] });
      const fingerprints = shown.claims.certificates.map((c) => c.fingerprint).sort();
      expect(fingerprints).to.deep.equal([leaf, issuing].map((c) => c.certificate.fingerprint).sort());
    }
  });

  it('shows the ASN.1 structure, and refuses what has none', async () => {
    const file = join(temp(), 'leaf.der');
    writeFileSync(file, leaf.der);
    const { code, stdout } = await cli(['inspect', file, '--asn1']);
    expect(code).to.equal(0);
    expect(stdout).to.include('UNVERIFIED').and.to.include('SEQUENCE').and.to.include('OBJECT IDENTIFIER');
    expect(stdout).to.include('2.5.29.15');
    writeFileSync(file, Buffer.from([0x30, 0x82, 0xff, 0xff, 1]));
    const bad = await cli(['inspect', file, '--asn1', '--json']);
    expect(bad.code).to.equal(1);
    expect(JSON.parse(bad.stdout)).to.have.nested.property('error.code', 'ERR_DER');
  });
});
