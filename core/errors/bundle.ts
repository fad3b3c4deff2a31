import { defineErrors, list } from './texts.js';

/** Causes in the text of a signature file: JSON, Sigstore bundle, DSSE envelope, in-toto statement, manifest. */
export const bundleErrors = defineErrors({
  ERR_JSON_TOO_LARGE: {
    kind: 'refused',
    say: (d: { what: string; size: number; limit: number }) =>
      `the ${d.what} has ${d.size} bytes, more than the ${d.limit} that one may have`,
    hint: 'Check that the right file was named; a legitimate one is far smaller than the limit.',
  },
  ERR_JSON_UTF8: {
    kind: 'refused',
    say: (d: { what: string }) => `the ${d.what} is not valid UTF-8`,
    hint: 'JSON is UTF-8 (RFC 8259 §8.1). The file was damaged, or is something else.',
  },
  ERR_JSON_SYNTAX: {
    kind: 'refused',
    say: (d: { what: string; problem: string; offset: number }) =>
      `the ${d.what} is not valid JSON: ${d.problem} at character ${d.offset}`,
    hint: 'Fetch the file again; a truncated download or an editor that changed it is the usual cause.',
  },
  ERR_JSON_DUPLICATE_KEY: {
    kind: 'refused',
    say: (d: { what: string; key: string }) => `the ${d.what} has the key "${d.key}" twice in one object`,
    hint: 'Two readers could see two different values. Ask the publisher for a file that says one thing.',
  },
  ERR_JSON_DEPTH: {
    kind: 'refused',
    say: (d: { what: string; limit: number }) => `the ${d.what} is nested deeper than ${d.limit} levels`,
    hint: 'No legitimate file is nested like this; do not use it.',
  },
  ERR_BUNDLE_FIELD_MISSING: {
    kind: 'refused',
    say: (d: { field: string }) => `the signature lacks the required field ${d.field}`,
    hint: 'The file is not a complete OMS signature. Ask the publisher to sign again.',
  },
  ERR_BUNDLE_FIELD_TYPE: {
    kind: 'refused',
    say: (d: { field: string; expected: string }) =>
      `the field ${d.field} of the signature is not ${d.expected}`,
    hint: 'The file does not follow the OMS schema. Ask the publisher to sign again with a conforming tool.',
  },
  ERR_BUNDLE_FIELD_UNKNOWN: {
    kind: 'refused',
    say: (d: { field: string }) =>
      `the signature has the field ${d.field}, which the OMS schema does not allow`,
    hint: 'A field that we do not understand could change the meaning. A newer version of Modelseal may know it.',
  },
  ERR_BUNDLE_MEDIA_TYPE: {
    kind: 'refused',
    say: (d: { mediaType: string }) => `the signature says it is ${d.mediaType}, not a Sigstore bundle v0.3`,
    hint: 'OMS signatures have the media type application/vnd.dev.sigstore.bundle.v0.3+json.',
  },
  ERR_BUNDLE_ENVELOPE_MISSING: {
    kind: 'refused',
    say: (_d: object) => 'the signature holds no DSSE envelope',
    hint: 'A Sigstore bundle over a plain message is no model signature; sign the model with an OMS tool.',
  },
  ERR_BUNDLE_MATERIAL_MISSING: {
    kind: 'refused',
    say: (_d: object) => 'the signature names neither a key nor a certificate to verify it with',
    hint: 'verificationMaterial must hold publicKey, x509CertificateChain or certificate.',
  },
  ERR_BUNDLE_MATERIAL_AMBIGUOUS: {
    kind: 'refused',
    say: (d: { found: readonly string[] }) =>
      `the signature holds the material of several methods: ${list(d.found)}`,
    hint: 'One bundle has one method. Ask the publisher which one is meant.',
  },
  ERR_BUNDLE_TLOG_MISSING: {
    kind: 'refused',
    say: (_d: object) => 'the signature has a Sigstore certificate but no transparency log entry',
    hint: 'The sigstore method needs at least one entry. With a certificate of your own CA, use x509CertificateChain.',
  },
  ERR_BUNDLE_CHAIN_EMPTY: {
    kind: 'refused',
    say: (_d: object) => 'the certificate chain of the signature is empty',
    hint: 'The chain must begin with the certificate that signed.',
  },
  ERR_BUNDLE_KEY_UNIDENTIFIED: {
    kind: 'refused',
    say: (_d: object) => 'the public key entry of the signature has neither hint nor rawBytes',
    hint: 'Sign again with a tool that writes the hint of the key.',
  },
  ERR_BUNDLE_BASE64: {
    kind: 'refused',
    say: (d: { field: string }) => `the field ${d.field} of the signature is not canonical base64`,
    hint: 'RFC 4648 §4 with padding and no other characters; two spellings of one value are not accepted.',
  },
  ERR_BUNDLE_PAYLOAD_TYPE: {
    kind: 'refused',
    say: (d: { payloadType: string }) =>
      `the signed payload is of type ${d.payloadType}, not an in-toto statement`,
    hint: 'The signature is of something else than a model.',
  },
  ERR_BUNDLE_NO_SIGNATURE: {
    kind: 'refused',
    say: (_d: object) => 'the envelope holds no signature',
    hint: 'The signature was removed or never made; treat the model as unsigned.',
  },
  ERR_BUNDLE_TOO_MANY: {
    kind: 'refused',
    say: (d: { what: string; count: number; limit: number }) =>
      `the signature holds ${d.count} ${d.what}, more than the ${d.limit} that are looked at`,
    hint: 'No legitimate signature holds as many; do not use it.',
  },
  ERR_STATEMENT_TYPE: {
    kind: 'refused',
    say: (d: { type: string }) => `the signed statement is of type ${d.type}, not in-toto Statement v1`,
    hint: 'The signature is of something else than a model, or of a format newer than this program.',
  },
  ERR_STATEMENT_PREDICATE_TYPE: {
    kind: 'refused',
    say: (d: { predicateType: string }) => `the signed statement has the predicate type ${d.predicateType}`,
    hint: 'Model signatures have https://model_signing/signature/v1.0 (or Digests/v0.1 of release 0.2).',
  },
  ERR_STATEMENT_SUBJECT_COUNT: {
    kind: 'refused',
    say: (d: { count: number }) =>
      `the signed statement has ${d.count} subjects, where a model is exactly one`,
    hint: 'Ask the publisher to sign each model on its own.',
  },
  ERR_HASH_UNKNOWN: {
    kind: 'refused',
    say: (d: { algorithm: string }) => `the manifest uses the hash ${d.algorithm}, which is not known here`,
    hint: 'OMS knows sha256, blake2b and blake3. A newer version of Modelseal may know more.',
  },
  ERR_METHOD_UNKNOWN: {
    kind: 'refused',
    say: (d: { method: string }) =>
      `the manifest uses the serialization ${d.method}, which is not known here`,
    hint: 'OMS knows files and shards. A newer version of Modelseal may know more.',
  },
  ERR_SHARD_SIZE: {
    kind: 'refused',
    say: (d: { problem: string }) => `the shard size of the manifest is wrong: ${d.problem}`,
    hint: 'shards needs a positive whole number of bytes, files must have none.',
  },
  ERR_MANIFEST_EMPTY: {
    kind: 'refused',
    say: (_d: object) => 'the manifest lists no file',
    hint: 'A signature over nothing proves nothing. Ask the publisher to sign the model.',
  },
  ERR_MANIFEST_DIGEST: {
    kind: 'refused',
    say: (d: { name: string; algorithm: string }) =>
      `the digest of ${d.name} is not a ${d.algorithm} digest in lower-case hexadecimal`,
    hint: 'Ask the publisher to sign again with a conforming tool.',
  },
  ERR_MANIFEST_ALGORITHM: {
    kind: 'refused',
    say: (d: { name: string; algorithm: string; expected: string }) =>
      `${d.name} is listed with ${d.algorithm}, but the manifest says that all files use ${d.expected}`,
    hint: 'One manifest uses one hash. Ask the publisher to sign again with a conforming tool.',
  },
  ERR_MANIFEST_SHARD_NAME: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} does not name a shard as path:start:end`,
    hint: 'Ask the publisher to sign again with a conforming tool.',
  },
  ERR_MANIFEST_SHARDS: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `the shards of ${d.file} do not cover it: ${d.problem}`,
    hint: 'Bytes between shards would be unsigned. Ask the publisher to sign again with a conforming tool.',
  },
  ERR_MANIFEST_SIZES: {
    kind: 'refused',
    say: (d: { problem: string }) => `the signed sizes of the files are wrong: ${d.problem}`,
    hint: 'The signature contradicts itself; ask the publisher to sign again.',
  },
  ERR_MANIFEST_ROOT_DIGEST: {
    kind: 'refused',
    say: (d: { recorded: string; computed: string }) =>
      `the manifest contradicts itself: root digest ${d.recorded}, but its files give ${d.computed}`,
    hint: 'Ask the publisher to sign again with a conforming tool.',
  },
  ERR_MANIFEST_IGNORE_PATH: {
    kind: 'refused',
    say: (d: { path: string; problem: string }) => `the manifest excludes "${d.path}": ${d.problem}`,
    hint: 'Excluded paths are plain relative paths below the model; ask the publisher to sign again.',
  },
  ERR_NAME_EMPTY: {
    kind: 'refused',
    say: (_d: object) => 'a file name is empty',
    hint: 'Every file needs a relative path below the model folder.',
  },
  ERR_NAME_ABSOLUTE: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} is an absolute path`,
    hint: 'Names in a manifest are relative to the model folder; do not use this one.',
  },
  ERR_NAME_PARENT: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} leads out of the model folder`,
    hint: 'A name with ".." is never legitimate in a manifest; do not use this model.',
  },
  ERR_NAME_NOT_CANONICAL: {
    kind: 'refused',
    say: (d: { name: string; problem: string }) => `${d.name} is not a canonical name: ${d.problem}`,
    hint: 'OMS §6.1.2 allows one spelling of each path. Ask the publisher to sign again with a conforming tool.',
  },
  ERR_NAME_DUPLICATE: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} is listed twice`,
    hint: 'Two entries for one file could say two different things. Ask the publisher to sign again.',
  },
  ERR_NAME_TWIN: {
    kind: 'refused',
    say: (d: { name: string; twin: string }) =>
      `${d.name} and ${d.twin} are the same file on systems that ignore case or Unicode normalisation`,
    hint: 'Rename one of them: on Windows and macOS one would silently replace the other.',
  },
});
