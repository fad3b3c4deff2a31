import { defineErrors, list } from './texts.js';

/** Causes met while running a certificate authority. */
export const caErrors = defineErrors({
  ERR_CA_NOT_FOUND: {
    kind: 'not-found',
    say: (d: { home: string }) => `there is no certificate authority in ${d.home}`,
    hint: 'Create one with `modelseal ca init`, or point --home at the folder that holds ca.db.',
  },
  ERR_CA_EXISTS: {
    kind: 'usage',
    say: (d: { file: string }) =>
      `a certificate authority exists already: ${d.file} is there and stays as it is`,
    hint: 'Choose another --home. An authority is never overwritten: certificates of the old one would lose their CRL.',
  },
  ERR_CA_INCOMPLETE: {
    kind: 'unchecked',
    say: (d: { home: string; missing: string }) =>
      `the authority in ${d.home} is incomplete: ${d.missing} is missing`,
    hint: 'Restore the file from a backup, or move what is left away and run `modelseal ca init` again.',
  },
  ERR_CA_DATABASE: {
    kind: 'unchecked',
    say: (d: { file: string; problem: string }) => `the database ${d.file} cannot be used: ${d.problem}`,
    hint: 'Check that the file and its folder are writable and that the disk is not full; otherwise restore it from a backup.',
  },
  ERR_CA_DATABASE_BUSY: {
    kind: 'unchecked',
    say: (d: { file: string }) => `the database ${d.file} is held by another process`,
    hint: 'Wait until the other modelseal command has ended and run this one again.',
  },
  ERR_CA_DATABASE_OLDER: {
    kind: 'unchecked',
    say: (d: { file: string; found: number; known: number }) =>
      `the database ${d.file} has schema ${d.found}, this version of Modelseal works with ${d.known}`,
    hint: 'Run `modelseal ca migrate`: it keeps a copy of the database as it is, then brings it up to date.',
  },
  ERR_CA_DATABASE_NEWER: {
    kind: 'unchecked',
    say: (d: { file: string; found: number; known: number }) =>
      `the database ${d.file} has schema ${d.found}, this version of Modelseal knows up to ${d.known}`,
    hint: 'Update Modelseal; an older version must not write into a newer database.',
  },
  ERR_CA_RECORDS: {
    kind: 'unchecked',
    say: (d: { file: string; problem: string }) =>
      `the records in ${d.file} contradict each other: ${d.problem}`,
    hint: 'Nothing is signed from them. Restore the database from a backup, then run `modelseal ca recover` with the newest CRL and the certificates issued since.',
  },
  ERR_CA_CLOCK: {
    kind: 'refused',
    say: (d: { at: string; latest: string }) =>
      `the clock says ${d.at}, and this authority has worked at ${d.latest} already`,
    hint: 'Set the clock of this machine. If the later time was the wrong one, say so with --accept-clock.',
  },
  ERR_CA_KEY_BLOCKED: {
    kind: 'refused',
    say: (d: { fingerprint: string }) => `the key ${d.fingerprint} is blocked: it is known to be compromised`,
    hint: 'Make a new key. A compromised key is never certified again, for nobody.',
  },
  ERR_CA_KEY_TAKEN: {
    kind: 'refused',
    say: (d: { fingerprint: string; serial: string; owner: readonly string[] }) =>
      `the key ${d.fingerprint} belongs to ${list(d.owner)} (certificate ${d.serial})`,
    hint: 'A key belongs to one identity: make a new key for this one.',
  },
  ERR_CA_KEY_REUSED: {
    kind: 'refused',
    say: (d: { fingerprint: string; serial: string }) =>
      `the key ${d.fingerprint} has certificate ${d.serial} already`,
    hint: 'Make a new key, or give --reuse-key to certify the same one again for the same identity.',
  },
  ERR_CA_KEY_MISMATCH: {
    kind: 'refused',
    say: (d: { file: string; certificate: string }) =>
      `the key in ${d.file} does not belong to ${d.certificate}`,
    hint: 'Name the private key that was made together with this authority.',
  },
  ERR_CA_KEY_ABSENT: {
    kind: 'not-found',
    say: (d: { role: string; file: string }) => `the ${d.role} key is not here: ${d.file}`,
    hint: 'Bring back the medium that holds the key and name the file with --root-key or --issuing-key.',
  },
  ERR_CA_SIGNATURE_FAULTY: {
    kind: 'unchecked',
    say: (d: { certificate: string }) =>
      `the signature made for ${d.certificate} does not verify and was thrown away`,
    hint: 'Run the command again. If it repeats, suspect the memory of this machine or the token that holds the key.',
  },
  ERR_CA_ISSUER_UNKNOWN: {
    kind: 'usage',
    say: (d: { issuer: string; known: readonly string[] }) =>
      `this authority has no CA named ${d.issuer}; there are ${list(d.known)}`,
    hint: 'Issuing CAs are numbered in the order in which they followed each other: issuing, issuing-2, ….',
  },
  ERR_CA_NOT_YET_VALID: {
    kind: 'refused',
    say: (d: { issuer: string; notBefore: string; at: string }) =>
      `${d.issuer} is not valid before ${d.notBefore}, and the time is ${d.at}`,
    hint: 'Check the clock of this machine; it is behind the one the authority was made with.',
  },
  ERR_CA_EXPIRED: {
    kind: 'refused',
    say: (d: { issuer: string; notAfter: string; at: string }) =>
      `${d.issuer} expired on ${d.notAfter}, and the time is ${d.at}`,
    hint: 'Check the clock of this machine; if it is right, a new authority is due.',
  },
  ERR_CA_REVOKED: {
    kind: 'refused',
    say: (d: { issuer: string }) => `${d.issuer} is revoked and issues no more certificates`,
    hint: 'Create a new authority in another --home and distribute its root.pem.',
  },
  ERR_CA_ROOT_REVOCATION: {
    kind: 'refused',
    say: () => 'a root certificate cannot be revoked: nobody is above it to say so',
    hint: 'If the root key is compromised, tell every verifier to remove root.pem, and create a new authority.',
  },
  ERR_CA_ISSUING_REVOCATION: {
    kind: 'refused',
    say: (d: { serial: string }) =>
      `${d.serial} is the issuing CA: revoking it ends every certificate of this authority`,
    hint: 'If that is meant, run `modelseal ca revoke … --issuing-ca` on a terminal, with the root key at hand.',
  },
  ERR_CA_CRL_FAULTY: {
    kind: 'unchecked',
    say: (d: { what: string; problem: string }) => `the ${d.what} just made was thrown away: ${d.problem}`,
    hint: 'What was published before stays in place. Run the command again; if it repeats, restore the database from a backup.',
  },
  ERR_CRL_FOREIGN: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} is not a CRL of this authority: ${d.problem}`,
    hint: 'Look at the file with `modelseal inspect`. If it is damaged, put it aside and publish again; `modelseal ca recover` reads intact lists only.',
  },
  ERR_CRL_BEHIND: {
    kind: 'refused',
    say: (d: { file: string; published: string; recorded: number }) =>
      `the published list ${d.file} has number ${d.published}, the records know only ${d.recorded}`,
    hint: 'The records are older than the list, as after restoring a backup. Run `modelseal ca recover --crl FILE` with the newest published list, and --certificate for what was issued since.',
  },
  ERR_CRL_UNRECORDED: {
    kind: 'refused',
    say: (d: { file: string; serial: string }) =>
      `the published list ${d.file} revokes ${d.serial}, and the records do not`,
    hint: 'A new list would take the revocation back. Run `modelseal ca recover --crl FILE` with the published list.',
  },
  ERR_CA_PUBLISHING: {
    kind: 'unchecked',
    say: (d: { file: string }) => `another process is publishing: ${d.file} is held`,
    hint: 'Wait until it has ended and run this command again.',
  },
  ERR_CA_FILES_DIFFER: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) =>
      `${d.file} does not belong to this authority: ${d.problem}`,
    hint: 'Restore root.pem and issuing.pem as `modelseal ca init` wrote them.',
  },
  ERR_CA_VALIDITY: {
    kind: 'usage',
    say: (d: { problem: string }) => `the asked validity is not possible: ${d.problem}`,
    hint: 'Choose a period that begins before it ends and lies within the validity of the issuing certificate.',
  },
  ERR_CA_DAYS: {
    kind: 'usage',
    say: (d: { option: string; value: string; most: number }) =>
      `${d.option} is ${d.value}; it must be a whole number of days from 1 to ${d.most}`,
    hint: 'Short lives limit the harm of a stolen key; renewing is one command.',
  },
  ERR_CA_URL: {
    kind: 'usage',
    say: (d: { option: string; url: string; problem: string }) => `${d.option} ${d.url}: ${d.problem}`,
    hint: 'Give an absolute http:// or https:// address without user name, query or fragment.',
  },
  ERR_CA_EMAIL_DOMAIN: {
    kind: 'usage',
    say: (d: { domain: string; problem: string }) =>
      `${d.domain} is not a domain that mailboxes can be limited to: ${d.problem}`,
    hint: 'Give a host such as example.org, or .example.org for every host below it.',
  },
  ERR_CA_NAME: {
    kind: 'usage',
    say: (d: { field: string; problem: string }) =>
      `the ${d.field} cannot stand in a certificate: ${d.problem}`,
    hint: 'Use 1 to 64 visible characters; a name that is not given is taken from the first --email or --uri.',
  },
  ERR_CA_IDENTITY_MISSING: {
    kind: 'usage',
    say: (d: { subject: string }) => `no identity was given for ${d.subject}`,
    hint: 'Name at least one with --email or --uri; verifiers accept signers by these, never by the display name.',
  },
  ERR_CA_IDENTITY: {
    kind: 'usage',
    say: (d: { identity: string; problem: string }) => `${d.identity} cannot be an identity: ${d.problem}`,
    hint: 'An e-mail address is local@domain in ASCII; a URI is absolute, such as https://example.org/team or urn:example:team.',
  },
  ERR_CA_OWN_KEY: {
    kind: 'refused',
    say: (d: { role: string }) => `the key to be certified is the ${d.role} key of this authority`,
    hint: 'Make a key of its own for every developer.',
  },
  ERR_CA_SERIAL_COLLISION: {
    kind: 'unchecked',
    say: (d: { serial: string }) => `the serial number ${d.serial} was used before`,
    hint: 'Run the command again. If it happens twice, the random generator of this machine is broken: stop issuing.',
  },
  ERR_CA_DEVELOPER_PASSPHRASE_NEEDED: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} is to be encrypted and no passphrase was given for it`,
    hint: 'Use --key-passphrase-file or --key-passphrase-env, or --no-passphrase to leave the key plain.',
  },
  ERR_CA_ROOT_PASSPHRASE_NEEDED: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} is to be encrypted and no passphrase was given for the root key`,
    hint: 'Use --root-passphrase-file or --root-passphrase-env: root and issuing key have passphrases of their own.',
  },
  ERR_CA_PASSPHRASE_SHARED: {
    kind: 'usage',
    say: () => 'root and issuing key were given the same passphrase',
    hint: 'Choose another one for the root key and keep it with that key: the issuing key is opened every day.',
  },
  ERR_CROSS_NOT_CA: {
    kind: 'refused',
    say: (d: { certificate: string }) => `${d.certificate} is not the certificate of an issuing CA`,
    hint: 'Give issuing.pem of the other authority. A root is not certified: it would stand above its own issuing CA, one tier more than this root allows.',
  },
  ERR_CROSS_DOMAINS: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `${d.certificate} and this authority have no mailbox domain in common, or it is limited in another way`,
    hint: 'Certify an issuing CA that is limited to domains which this authority may certify.',
  },
  ERR_CEREMONY_PLAIN: {
    kind: 'usage',
    say: () => 'a ceremony makes no keys without a passphrase',
    hint: 'Give each of the two keys a passphrase of its own.',
  },
  ERR_CEREMONY_WITNESS: {
    kind: 'usage',
    say: () => 'a ceremony needs an operator and at least one witness, by name',
    hint: 'Name who watches with --witness, once for each.',
  },
  ERR_CEREMONY_MEDIUM: {
    kind: 'usage',
    say: (d: { folder: string; other: string }) => `${d.folder} and ${d.other} lie on the same medium`,
    hint: 'Records, root key and issuing key belong on file systems of their own. For a rehearsal, --allow-same-medium accepts different folders of one, and the transcript says so.',
  },
  ERR_CA_LEFTOVER: {
    kind: 'refused',
    say: (d: { path: string; problem: string }) =>
      `${d.path} looks like the rest of an interrupted init and is not cleaned: ${d.problem}`,
    hint: 'Look at it by hand; it may hold private keys.',
  },
  ERR_CA_RESTORED: {
    kind: 'refused',
    say: (d: { issuer: string }) =>
      `this authority was restored from a backup, and its records may be older than the list that the ${d.issuer} CA published last`,
    hint: 'Run `modelseal ca recover --crl FILE` with the newest published list of this CA, and --certificate for what was issued since the backup. Nothing is signed before.',
  },
  ERR_RESTORE_HOME: {
    kind: 'usage',
    say: (d: { home: string }) =>
      `${d.home} is not empty: an authority is restored into an empty folder only`,
    hint: 'Choose another --home, or move what is there away first.',
  },
  ERR_BACKUP_FORMAT: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} is not a backup of an authority: ${d.problem}`,
    hint: 'Give a file that `modelseal ca backup` wrote; a newer one may need a newer Modelseal.',
  },
  ERR_BACKUP_PASSPHRASE: {
    kind: 'refused',
    say: (d: { file: string }) => `the passphrase does not open ${d.file}`,
    hint: 'A backup has a passphrase of its own, which is not that of a key. If it is right, the header of the file was changed: use another copy.',
  },
  ERR_BACKUP_DAMAGED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is damaged or was changed since it was written`,
    hint: 'Nothing of it was used. Fetch the file again, or use another backup.',
  },
  ERR_BACKUP_CONTENT: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} does not hold a whole authority: ${d.problem}`,
    hint: 'Nothing was restored. Use another backup.',
  },
  ERR_CSR_MALFORMED: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) =>
      `${d.file} is not a well-formed certificate request: ${d.problem}`,
    hint: 'Make it again, for instance with `modelseal ca request` or `openssl req -new`.',
  },
  ERR_CSR_SIGNATURE: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is not signed by the key it asks to certify`,
    hint: 'The sender must prove that they hold the private key: ask for a request that was not changed on its way.',
  },
  ERR_CSR_ALGORITHM: {
    kind: 'refused',
    say: (d: { file: string; algorithm: string }) =>
      `${d.file} is signed with ${d.algorithm}, which proves nothing today`,
    hint: 'Ask for a request signed with SHA-256, SHA-384 or SHA-512.',
  },
  ERR_CSR_READERS_DISAGREE: {
    kind: 'refused',
    say: (d: { file: string; field: string }) =>
      `two independent readers of ${d.file} disagree about its ${d.field}`,
    hint: 'An encoding that two programs read differently is how forged names pass; ask for a plainly encoded request.',
  },
  ERR_BLOCKLIST: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `the blocklist ${d.file} cannot be used: ${d.problem}`,
    hint: 'Each line is a SHA-256 over a SubjectPublicKeyInfo in hexadecimal; comments follow a space or a #.',
  },
  ERR_CA_KEY_KNOWN: {
    kind: 'refused',
    say: (d: { fingerprint: string; file: string }) =>
      `the key ${d.fingerprint} is on the blocklist ${d.file}: others have its private half`,
    hint: 'Make a fresh key. If the old one has certificates anywhere, have them revoked (modelseal ca block-key).',
  },
  ERR_LINT: {
    kind: 'refused',
    say: (d: { rule: string; problem: string; citation: string }) =>
      `what was made was held back: ${d.rule}: ${d.problem} (${d.citation})`,
    hint: 'Change what was asked for so that the rule holds. If nothing unusual was asked for, please report this.',
  },
  ERR_SERIAL_NUMBER: {
    kind: 'usage',
    say: (d: { value: string }) => `${d.value} is neither a serial number nor a file`,
    hint: 'Give the serial number in hexadecimal as `modelseal ca list` shows it, or a certificate file.',
  },
  ERR_SERIAL_UNKNOWN: {
    kind: 'not-found',
    say: (d: { serial: string }) => `this authority knows no certificate with serial number ${d.serial}`,
    hint: 'See `modelseal ca list`; the certificate may come from another authority.',
  },
  ERR_CERTIFICATE_FOREIGN: {
    kind: 'refused',
    say: (d: { file: string; serial: string }) =>
      `${d.file} (serial number ${d.serial}) is not a certificate that this authority issued`,
    hint: 'Treat the file as forged, or look whether it comes from another authority of the same name.',
  },
  ERR_ALREADY_REVOKED: {
    kind: 'refused',
    say: (d: { serial: string; revokedAt: string; reason: string }) =>
      `${d.serial} was revoked on ${d.revokedAt} already (${d.reason})`,
    hint: 'Nothing is left to do; `modelseal ca crl` publishes it.',
  },
  ERR_REVOKE_NOTHING: {
    kind: 'not-found',
    say: () => 'no certificate that is not revoked yet is meant by this identity, time and profile',
    hint: 'Look with `modelseal ca list`, which takes the same --identity, --since, --until and --profile.',
  },
  ERR_RENEW_REVOKED: {
    kind: 'refused',
    say: (d: { serial: string; reason: string }) =>
      `${d.serial} is revoked (${d.reason}) and gets no successor`,
    hint: 'If its holder may have a certificate again, issue one with `modelseal ca issue`, with a new key.',
  },
  ERR_RENEW_INCOMPLETE: {
    kind: 'refused',
    say: (d: { serial: string }) => `${d.serial} was never completed: there is nothing to renew`,
    hint: 'Issue the certificate with `modelseal ca issue`.',
  },
  ERR_RENEW_CA: {
    kind: 'refused',
    say: (d: { serial: string }) =>
      `${d.serial} is a CA of this authority, and is not renewed like a developer`,
    hint: 'A CA gets a successor with a key of its own: `modelseal ca rollover`.',
  },
  ERR_REVOCATION_DATE: {
    kind: 'usage',
    say: (d: { value: string; problem: string }) =>
      `the invalidity date ${d.value} is not possible: ${d.problem}`,
    hint: 'Give the moment since which the key is thought to be compromised, as 2026-11-22 or 2026-11-22T10:00:00Z, not in the future.',
  },
  ERR_REVOCATION_REASON: {
    kind: 'usage',
    say: (d: { reason: string; known: readonly string[] }) =>
      `${d.reason} is no reason for a revocation; known are ${list(d.known)}`,
    hint: 'Use keyCompromise when the key may be in other hands; see RFC 5280 §5.3.1.',
  },
  ERR_TSA_CERTIFICATE: {
    kind: 'refused',
    say: (d: { certificate: string; problem: string }) =>
      `${d.certificate} cannot serve as time-stamp authority: ${d.problem}`,
    hint: 'Have a certificate for it issued with modelseal ca tsa-certificate, and give the key that belongs to it.',
  },
});
