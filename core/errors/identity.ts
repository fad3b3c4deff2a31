import { defineErrors, list } from './texts.js';

/** Causes between a valid chain or key and the right signer, and in the signature over the manifest. */
export const identityErrors = defineErrors({
  ERR_TRUST_MISSING: {
    kind: 'usage',
    say: () => 'no trust was given: nothing says whose signature is wanted',
    hint: 'Give --trust-root, --public-key, or --trusted-root with --identity and --identity-provider, or say it once: modelseal trust add. There is no default.',
  },
  ERR_TRUST_STORE: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) =>
      `the trust store cannot be relied on: ${d.file}: ${d.problem}`,
    hint: 'Mend the file, or remove the anchor and add it again; modelseal trust list shows the store.',
  },
  ERR_TRUST_STORE_EMPTY: {
    kind: 'usage',
    say: (d: { store: string; path: string }) =>
      `the trust store ${d.store} names no anchor for signers of ${d.path}`,
    hint: 'Add one with modelseal trust add, or widen the scope of one that is there.',
  },
  ERR_TRUST_UNKNOWN: {
    kind: 'usage',
    say: (d: { name: string; known: string[] | string; store: string }) =>
      `there is no anchor ${d.name} in ${d.store}; there are: ${list(d.known)}`,
    hint: 'See modelseal trust list for the names.',
  },
  ERR_TRUST_NAME: {
    kind: 'usage',
    say: (d: { name: string }) => `${d.name} cannot be the name of an anchor`,
    hint: 'Names have lower-case letters, digits, points, hyphens and underscores, at most 64, and begin with a letter or digit.',
  },
  ERR_TRUST_FINGERPRINT: {
    kind: 'refused',
    say: (d: { fingerprint: string; found: string[] | string }) =>
      `no single certificate is the anchor that was asked for (SHA-256 ${d.fingerprint}); found: ${list(d.found)}`,
    hint: 'Get the fingerprint of the root from its owner in another way than the file, and give it with --fingerprint.',
  },
  ERR_TRUST_SUCCESSOR: {
    kind: 'refused',
    say: (d: { name: string; certificate: string }) =>
      `${d.name} is taken, and its root has not cross-signed ${d.certificate} as its successor`,
    hint: 'Give the cross-certificate in the same file or with --intermediates, or remove the old anchor first.',
  },
  ERR_TRUST_SCOPE_FORM: {
    kind: 'usage',
    say: (d: { scope: string }) => `${d.scope} is not a scope`,
    hint: 'Write name:MODEL, name-prefix:TEXT, path:PATH or path-prefix:FOLDER.',
  },
  ERR_TRUST_SCOPE: {
    kind: 'refused',
    say: (d: { anchor: string; model: string; scope: string[] | string }) =>
      `the anchor ${d.anchor} is not trusted for a model named ${d.model}, only for ${list(d.scope)}`,
    hint: 'The signature is genuine, but of a CA that may not sign this model. Check where the model is from.',
  },
  ERR_TRUST_AMBIGUOUS: {
    kind: 'usage',
    say: (d: { given: string[] | string }) => `several kinds of trust were given: ${list(d.given)}`,
    hint: 'Choose one: certificates (--trust-root), the trust store (--trust), a key (--public-key), or Sigstore (--trusted-root).',
  },
  ERR_TRUST_METHOD: {
    kind: 'refused',
    say: (d: { found: string; wanted: string }) =>
      `the signature was made with the ${d.found} method, and the trust given is for the ${d.wanted} method`,
    hint: 'Ask the publisher how the model is signed, or give the trust that fits after making sure that it is right.',
  },
  ERR_IDENTITY_FORM: {
    kind: 'usage',
    say: (d: { identity: string }) => `${d.identity} is not an identity`,
    hint: 'Write email:ada@example.org, uri:https://example.org/team or dns:build.example.org; without a kind, the form must say it.',
  },
  ERR_SIGNER_NOT_ACCEPTED: {
    kind: 'refused',
    say: (d: { identities: string[] | string; accepted: string[] | string }) =>
      `signed by ${list(d.identities)}, accepted are ${list(d.accepted)}`,
    hint: 'The signature is genuine but not from a signer you accept. Identities are compared by kind and exactly; only the host of an address may differ in case.',
  },
  ERR_SIGNER_NO_IDENTITY: {
    kind: 'refused',
    say: (d: { subject: string; accepted: string[] | string }) =>
      `the certificate of ${d.subject} names no e-mail address, URI or host that is one; accepted are ${list(d.accepted)}`,
    hint: 'Accept this signer by the fingerprint of its key or certificate, or ask for a certificate with an identity.',
  },
  ERR_KEY_HINT_MISMATCH: {
    kind: 'refused',
    say: (d: { hint: string; fingerprint: string }) =>
      `the signature names the key ${d.hint}, the key given is ${d.fingerprint}`,
    hint: 'The model was signed with another key. Check the key with the publisher; the one in the signature is never used.',
  },
  ERR_KEY_BYTES_MISMATCH: {
    kind: 'refused',
    say: (d: { fingerprint: string }) =>
      `the public key inside the signature is not the one given (${d.fingerprint})`,
    hint: 'The model was signed with another key. Check the key with the publisher; the one in the signature is never used.',
  },
  ERR_THRESHOLD: {
    kind: 'refused',
    say: (d: {
      wanted: number;
      found: number;
      total: number;
      signers: string[] | string;
      distinctRoots: boolean;
    }) =>
      `${d.wanted} different signers are asked for, ${d.found} of ${d.total} signatures count (${list(d.signers)})`,
    hint: 'Two signatures of one person, or under one key, are one; with distinct roots, so are two under one CA. The report says why others do not count.',
  },
  ERR_SIGNATURE_MISSING: {
    kind: 'not-found',
    say: (d: { model: string; file: string }) => `${d.model} has no signature: there is no ${d.file}`,
    hint: 'An unsigned model proves nothing. Get the signature from the publisher, or name it with --signature.',
  },
  ERR_SIGNATURE_INVALID: {
    kind: 'refused',
    say: (d: { signer: string; failed: number; total: number }) =>
      `the signature over the manifest is not by ${d.signer} (${d.failed} of ${d.total} do not verify)`,
    hint: 'The signed content or the signature was changed, or another key made it. Do not use the model.',
  },
  ERR_SIGNATURE_LEGACY: {
    kind: 'refused',
    say: () =>
      'the signature has the form of release 0.2 of the reference implementation, which the policy refuses',
    hint: 'Ask the publisher to sign again with a current release, or allow the old form in the policy.',
  },
  ERR_SIGSTORE_ROOT: {
    kind: 'usage',
    say: (d: { file: string; problem: string }) => `${d.file} is not a Sigstore trusted root: ${d.problem}`,
    hint: 'Give the trusted_root.json of the Sigstore instance, for instance the one that its TUF repository publishes.',
  },
  ERR_SIGSTORE_IDENTITY_MISSING: {
    kind: 'usage',
    say: (d: { missing: string }) => `the Sigstore method needs ${d.missing}`,
    hint: 'Anyone can get a Sigstore certificate: only identity and provider together say whose signature is wanted.',
  },
  ERR_SIGSTORE_BUNDLE: {
    kind: 'refused',
    say: (d: { problem: string }) => `the Sigstore material of the signature is not complete: ${d.problem}`,
    hint: 'Ask the publisher to sign again with a current tool.',
  },
  ERR_SIGSTORE_CERTIFICATE: {
    kind: 'refused',
    say: (d: { problem: string }) =>
      `the signing certificate does not lead to the Sigstore root: ${d.problem}`,
    hint: 'The trusted root may be of another Sigstore instance; if it is the right one, do not use the model.',
  },
  ERR_SIGSTORE_SCT: {
    kind: 'refused',
    say: (d: { problem: string }) =>
      `the signing certificate was not logged as Sigstore demands: ${d.problem}`,
    hint: 'A certificate that is in no transparency log may have been issued in secret. Do not use the model.',
  },
  ERR_SIGSTORE_TIMESTAMP: {
    kind: 'refused',
    say: (d: { problem: string }) => `no trusted time of signing: ${d.problem}`,
    hint: 'Sigstore certificates live minutes: without a time from the log or an authority nothing can be said.',
  },
  ERR_SIGSTORE_FUTURE: {
    kind: 'refused',
    say: (d: { signedAt: string; at: string }) =>
      `the signature was logged at ${d.signedAt}, after the time ${d.at} it is judged at`,
    hint: 'Check --at and the clock of this machine.',
  },
  ERR_SIGSTORE_LOG: {
    kind: 'refused',
    say: (d: { problem: string }) => `the transparency log does not prove this signature: ${d.problem}`,
    hint: 'The log entry is missing, belongs to another signature, or was changed. Do not use the model.',
  },
  ERR_SIGSTORE_SIGNATURE: {
    kind: 'refused',
    say: (d: { problem: string }) => `the Sigstore signature does not verify: ${d.problem}`,
    hint: 'The signed content or the signature was changed. Do not use the model.',
  },
});
