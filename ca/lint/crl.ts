import { DerReader, Tag } from '../../core/der/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { signatureScheme } from '../../core/keys/index.js';
import type { CertificateList } from '../../core/x509/crl.js';
import { type Certificate, isoTime, sameBytes } from '../../core/x509/index.js';
import { daysAfter, MAX_CRL_DAYS } from '../profile.js';

/** A list that is signed and has not left yet, read back from its own bytes. */
export interface CrlSubject {
  readonly list: CertificateList;
  readonly issuer: Certificate;
}

export interface CrlLint {
  readonly name: string;
  readonly citation: string;
  /** What breaks the rule, or undefined where it holds. */
  check(subject: CrlSubject): string | undefined;
}

/**
 * Every rule that a list must keep before it leaves. What no list may break at all (the same serial number twice, a
 * reason that does not exist) was refused when it was read back.
 */
export const CRL_LINTS: readonly CrlLint[] = [
  {
    name: 'crl-version',
    citation: 'RFC 5280 §5.1.2.1',
    check: ({ list }) => {
      const tbs = DerReader.open(list.tbs, Tag.SEQUENCE, 'tbsCertList');
      return tbs.tag === Tag.INTEGER && tbs.smallInteger('version') === 1
        ? undefined
        : 'it is not of version 2';
    },
  },
  {
    name: 'crl-signature-algorithm',
    citation: 'RFC 5280 §5.1.1.2',
    check: ({ list, issuer }) =>
      sameBytes(list.signatureAlgorithm.raw, signatureScheme(issuer.publicKey()).algorithmIdentifier)
        ? undefined
        : `${list.signatureAlgorithm.oid} is not how a ${issuer.keyDescription} key signs here`,
  },
  {
    name: 'crl-issuer',
    citation: 'RFC 5280 §5.1.2.3 and §4.2.1.3',
    check: ({ list, issuer }) => {
      if (!sameBytes(list.issuer.raw, issuer.subject.raw)) return 'it names another issuer';
      return issuer.keyUsage?.has('cRLSign') ? undefined : `the key of ${issuer.label} may not sign CRLs`;
    },
  },
  {
    name: 'crl-times',
    citation: 'RFC 5280 §5.1.2.4 and §5.1.2.5',
    check: ({ list: { thisUpdate, nextUpdate }, issuer }) => {
      if (nextUpdate <= thisUpdate) return `the next update (${isoTime(nextUpdate)}) is not after this one`;
      // One more day: this update may be backdated.
      if (nextUpdate > daysAfter(thisUpdate, MAX_CRL_DAYS + 1))
        return `it is good for over ${MAX_CRL_DAYS} days`;
      return thisUpdate < issuer.notBefore ? 'it is older than its issuer' : undefined;
    },
  },
  {
    name: 'crl-number',
    citation: 'RFC 5280 §5.2.3',
    check: ({ list: { number } }) =>
      number !== undefined && number > 0n ? undefined : `its number is ${number ?? 'missing'}`,
  },
  {
    name: 'crl-authority-key-identifier',
    citation: 'RFC 5280 §5.2.1',
    check: ({ list: { authorityKeyId }, issuer: { subjectKeyIdentifier } }) => {
      if (authorityKeyId === undefined || subjectKeyIdentifier === undefined) return 'it is missing';
      return sameBytes(authorityKeyId, subjectKeyIdentifier) ? undefined : 'it names another key';
    },
  },
  {
    name: 'crl-complete',
    citation: 'RFC 5280 §5.2.4 and §5.2.5',
    check: ({ list }) =>
      list.isDelta || list.issuingDistributionPoint !== undefined
        ? 'it is not the complete list of its issuer'
        : undefined,
  },
  {
    name: 'crl-entries-absent',
    citation: 'RFC 5280 §5.1.2.6',
    check: ({ list }) => {
      const tbs = DerReader.open(list.tbs, Tag.SEQUENCE, 'tbsCertList');
      for (let field = 0; field < FIELDS_BEFORE_ENTRIES; field++) tbs.next();
      return list.entryCount === 0 && !tbs.done && tbs.tag === Tag.SEQUENCE
        ? 'it has a list of entries with nothing in it'
        : undefined;
    },
  },
  {
    name: 'crl-entries',
    citation: 'RFC 5280 §5.3.1',
    check: ({ list }) => {
      for (const [serial, { reason, revocationDate, certificateIssuer }] of list.entries) {
        const which = `the entry ${Buffer.from(serial).toString('hex')}`;
        if (reason === 'unspecified') return `${which} gives a reason to say that there is none`;
        if (reason === 'removeFromCRL') return `${which} takes a certificate off a list that is not a delta`;
        if (certificateIssuer !== undefined) return `${which} is of another issuer`;
        if (revocationDate > list.thisUpdate) return `${which} was revoked after the list was made`;
      }
      return undefined;
    },
  },
];

/** Version, signature, issuer, thisUpdate, nextUpdate. */
const FIELDS_BEFORE_ENTRIES = 5;

/** @throws {ModelsealError} `ERR_LINT` with the rule, what breaks it, and where the rule stands */
export function lintCrl(subject: CrlSubject): void {
  for (const { name, citation, check } of CRL_LINTS) {
    const problem = check(subject);
    if (problem !== undefined) throw new ModelsealError('ERR_LINT', { rule: name, problem, citation });
  }
}
