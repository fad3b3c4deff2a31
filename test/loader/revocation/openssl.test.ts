import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { CertificateList } from '../../../core/x509/crl.js';
import { decodeOcspRequest } from '../../../core/x509/ocsp.js';
import { checkRevocation, readEvidence } from '../../../loader/revocation/index.js';
import { expectCode } from '../../support/errors.js';
import { needOpenssl, openssl } from '../../support/openssl.js';
import { extensions, type Issued, makeIntermediate, makeLeaf, makeRoot, testKey } from '../../support/pki.js';
import { crlPem, makeCrl, makeOcsp, pathOf } from '../../support/revocation.js';
import { useTemp } from '../../support/temp.js';

/** The clock of OpenSSL cannot be set everywhere, so here everything is made for the present. */
const NOW = new Date();
const from = new Date(NOW.getTime() - 3600_000);
const until = new Date(NOW.getTime() + 30 * 24 * 3600_000);
const validity = { notBefore: from, notAfter: until };
const dates = { thisUpdate: from, nextUpdate: until };

const root = makeRoot(validity);
const issuing = makeIntermediate(root, { ...validity, key: testKey('rsa-2048', 'issuing') });
const leaf = makeLeaf(issuing, validity);
const other = makeLeaf(issuing, { ...validity, subject: 'Other Developer' });
const rootCrl = makeCrl(root, dates);

const hex = (one: Issued): string => Buffer.from(one.certificate.serialBytes).toString('hex').toUpperCase();

describe('OpenSSL as a peer', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const file = (name: string, content: string | Uint8Array): string => {
    const where = join(temp(), name);
    writeFileSync(where, content);
    return where;
  };
  const run = (...args: string[]): string => {
    const { status, output } = openssl(args);
    expect(status, output).to.equal(0);
    return output;
  };
  before(function () {
    needOpenssl(this);
  });

  const judge = (target: Issued, files: Parameters<typeof readEvidence>[0]): 'accepted' | ErrorCode => {
    try {
      const evidence = readEvidence({
        ...files,
        crlFiles: [...(files.crlFiles ?? []), file('root.crl', rootCrl)],
      });
      checkRevocation(pathOf([target, issuing, root], [], NOW), { evidence, mode: 'require', at: NOW });
      return 'accepted';
    } catch (error) {
      if (isModelsealError(error)) return error.code;
      throw error;
    }
  };

  /** The files of an OpenSSL CA: key, certificate, and a database in which `other` is revoked. */
  const ca = (): { config: string; index: string; key: string; certificate: string } => {
    const key = file('ca.key', issuing.key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const certificate = file('ca.pem', issuing.pem);
    const stamp = (date: Date): string => `${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`;
    const index = file(
      'index.txt',
      `V\t${stamp(until)}\t\t${hex(leaf)}\tunknown\t/CN=Test Developer\n` +
        `R\t${stamp(until)}\t${stamp(from)},superseded\t${hex(other)}\tunknown\t/CN=Other Developer\n`,
    );
    file('number', '1F\n');
    const config = file(
      'ca.cnf',
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${index}\ncrlnumber=${join(temp(), 'number')}\ndefault_md=sha256\n` +
        'default_crl_days=7\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n',
    );
    return { config, index, key, certificate };
  };

  it('writes CRLs that are read and judged alike', () => {
    const { config, key, certificate } = ca();
    const list = join(temp(), 'ca.crl');
    run('ca', '-gencrl', '-config', config, '-keyfile', key, '-cert', certificate, '-out', list);
    expect(judge(leaf, { crlFiles: [list] })).to.equal('accepted');
    expect(judge(other, { crlFiles: [list] })).to.equal('ERR_REVOKED');
    const der = join(temp(), 'ca.der.crl');
    run('crl', '-in', list, '-outform', 'DER', '-out', der);
    const decoded = CertificateList.decode(new Uint8Array(readFileSync(der)));
    expect(decoded.number).to.equal(0x1fn);
    expect(decoded.find(other.certificate.serialBytes)[0]?.reason).to.equal('superseded');
  });

  it('reads our test CRLs, and verifies with them as we do', () => {
    const revoking = makeCrl(issuing, {
      ...dates,
      entries: [{ serial: other.certificate.serialBytes, date: from }],
    });
    const crls = file('crls.pem', crlPem(revoking) + crlPem(rootCrl));
    const anchor = file('root.pem', root.pem);
    const middle = file('issuing.pem', issuing.pem);
    const verify = (target: Issued): boolean => {
      const name = file('leaf.pem', target.pem);
      const args = ['verify', '-x509_strict', '-crl_check_all', '-CAfile', anchor, '-untrusted', middle];
      return openssl([...args, '-CRLfile', crls, name]).status === 0;
    };
    for (const target of [leaf, other]) {
      expect(judge(target, { crlFiles: [crls] }) === 'accepted').to.equal(verify(target));
    }
  });

  it('answers OCSP requests, and its answers are judged alike', () => {
    const { index, key, certificate } = ca();
    const ask = (target: Issued, ...more: string[]): string => {
      const wanted = file('wanted.pem', target.pem);
      const request = join(temp(), 'request.der');
      const response = join(temp(), 'response.der');
      run('ocsp', '-issuer', certificate, '-cert', wanted, '-reqout', request);
      const { items } = decodeOcspRequest(new Uint8Array(readFileSync(request)));
      expect(items).to.have.length(1);
      const signer = ['-rsigner', certificate, '-rkey', key, '-CA', certificate, '-index', index];
      run('ocsp', ...signer, '-reqin', request, '-respout', response, '-ndays', '2', ...more);
      return response;
    };
    expect(judge(leaf, { ocspFiles: [ask(leaf)] })).to.equal('accepted');
    expect(judge(leaf, { ocspFiles: [ask(leaf, '-resp_key_id')] })).to.equal('accepted');
    expect(judge(leaf, { ocspFiles: [ask(leaf, '-resp_no_certs')] })).to.equal('accepted');
    expect(judge(other, { ocspFiles: [ask(other)] })).to.equal('ERR_REVOKED');
    expect(judge(other, { ocspFiles: [ask(leaf)] })).to.equal('ERR_REVOCATION_EVIDENCE_MISSING');
    const stranger = makeLeaf(issuing, { ...validity, subject: 'Stranger' });
    expect(judge(stranger, { ocspFiles: [ask(stranger)] })).to.equal('ERR_OCSP_CERTIFICATE_UNKNOWN');
  });

  it('accepts our test responses, of a delegated responder too', () => {
    const responder = makeLeaf(issuing, {
      ...validity,
      subject: 'Responder',
      extensions: { '2.5.29.37': extensions.extKeyUsage(['1.3.6.1.5.5.7.3.9']) },
      extra: [extensions.ocspNoCheck()],
    });
    const answers = [{ certificate: leaf.certificate, issuer: issuing, thisUpdate: from, nextUpdate: until }];
    const response = makeOcsp(responder, { answers, producedAt: from, certificates: [responder.der] });
    const name = file('response.der', response);
    const anchor = file('root.pem', root.pem);
    const middle = file('issuing.pem', issuing.pem);
    const target = file('leaf.pem', leaf.pem);
    const args = ['ocsp', '-issuer', middle, '-cert', target, '-respin', name, '-CAfile', anchor];
    expect(run(...args, '-verify_other', middle, '-no_nonce')).to.match(/leaf\.pem: good/);
    expect(judge(leaf, { ocspFiles: [name] })).to.equal('accepted');
  });

  it('is not needed to refuse files that are something else', () => {
    expectCode('ERR_PEM', () => readEvidence({ crlFiles: [file('wrong.pem', leaf.pem)] }));
    expectCode('ERR_PEM', () => readEvidence({ ocspFiles: [file('empty', '')] }));
    expectCode('ERR_FILE_NOT_FOUND', () => readEvidence({ crlFiles: [join(temp(), 'none.crl')] }));
  });
});
