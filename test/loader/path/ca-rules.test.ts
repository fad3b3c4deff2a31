import { expect } from 'chai';
import { Oid } from '../../../core/x509/index.js';
import { TrustAnchors, validatePath } from '../../../loader/path/index.js';
import { expectCode } from '../../support/errors.js';
import { AT, extensions, makeIntermediate, makeLeaf, makeRoot } from '../../support/pki.js';

/** What docs/verification.md says of certificates that break rules for CAs. */
describe('certificates against the rules for CAs', () => {
  type Spec = NonNullable<Parameters<typeof makeRoot>[0]>;
  const validate = (leaf: Spec = {}, issuing: Spec = {}, root: Spec = {}): void => {
    const anchor = makeRoot(root);
    const issuer = makeIntermediate(anchor, issuing);
    const path = validatePath(makeLeaf(issuer, leaf).certificate, {
      anchors: TrustAnchors.from([anchor.certificate]),
      intermediates: [issuer.certificate],
      at: AT,
      purpose: 'code-signing',
    });
    expect(path.chain).to.have.length(2);
  };
  const without = (oid: string): Spec => ({ extensions: { [oid]: undefined } });

  it('pass without key identifiers, with flags that are not critical, with a negative serial number', () => {
    validate(without(Oid.authorityKeyIdentifier), without(Oid.authorityKeyIdentifier));
    validate({}, without(Oid.subjectKeyIdentifier), without(Oid.subjectKeyIdentifier));
    validate(
      {},
      { extensions: { [Oid.basicConstraints]: extensions.basicConstraints(true, undefined, false) } },
    );
    validate({}, { extra: [extensions.policyConstraints(5, undefined, false)] });
    validate({ serial: -255 });
  });

  it('are refused with a serial number of zero or of more than 20 octets, and below an expired root', () => {
    validate({ serial: new Uint8Array(20).fill(0x11) });
    expectCode('ERR_CERT_SERIAL', () => validate({ serial: 0 }));
    expectCode('ERR_CERT_SERIAL', () => validate({ serial: new Uint8Array(21).fill(0x11) }));
    expectCode('ERR_CERT_EXPIRED', () => validate({}, {}, { notAfter: new Date('2026-05-01T00:00:00Z') }));
  });
});
