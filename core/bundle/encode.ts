import { IN_TOTO_PAYLOAD_TYPE } from '../dsse.js';
import type { Json } from '../json/strict-json.js';
import { type Manifest, TREE_DIGEST_KEY } from '../model/index.js';
import { isoTime } from '../x509/time.js';
import {
  EXPIRES_KEY,
  PREDICATE_TYPE,
  referenceShardAlgorithm,
  SIZES_KEY,
  STATEMENT_TYPE,
} from './statement.js';
import { BUNDLE_MEDIA_TYPE, STAPLED_KEY, type StapledEvidence } from './unverified.js';

/** What is signed beside the manifest. */
export interface StatementExtras {
  /** See `treeDigest`. */
  readonly treeDigest?: string | undefined;
  readonly annotations?: Readonly<Record<string, Json>> | undefined;
  /** Until when the signature is to be used; whole seconds. */
  readonly expires?: Date | undefined;
  /** Bytes of each file, in the order of the manifest; for the method `files`. */
  readonly sizes?: Iterable<number> | undefined;
  /** Name the algorithm of shards as the Python reference implementation does, and no one else. */
  readonly referenceNames?: boolean | undefined;
}

/** The payload of a signature: an in-toto Statement v1 with the OMS predicate (OMS §6.6), as UTF-8 JSON. */
export function encodeStatement(manifest: Manifest, extras: StatementExtras = {}): Uint8Array {
  const { serialization: s } = manifest;
  const algorithm = (extras.referenceNames && referenceShardAlgorithm(s)) || s.hashType;
  const annotations = {
    ...extras.annotations,
    ...(extras.expires === undefined ? {} : { [EXPIRES_KEY]: isoTime(extras.expires) }),
    ...(extras.sizes === undefined ? {} : { [SIZES_KEY]: [...extras.sizes] }),
  };
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [
      {
        name: manifest.modelName,
        digest: {
          sha256: manifest.rootDigest(),
          ...(extras.treeDigest === undefined ? {} : { [TREE_DIGEST_KEY]: extras.treeDigest }),
        },
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: {
        method: s.method,
        hash_type: s.hashType,
        ...(s.shardSize === undefined ? {} : { shard_size: s.shardSize }),
        allow_symlinks: s.allowSymlinks,
        ...(s.ignorePaths.length > 0 ? { ignore_paths: s.ignorePaths } : {}),
      },
      resources: manifest.resources.map(({ name, digest }) => ({ name, algorithm, digest })),
    },
  };
  return new Uint8Array(Buffer.from(JSON.stringify(statement)));
}

/** What verifies a signature that we write. */
export type Material =
  | { readonly chain: readonly Uint8Array[]; readonly stapled?: StapledEvidence | undefined }
  | { readonly keyHint: string };

/** A signature file: a Sigstore bundle v0.3 around a DSSE envelope (OMS §6.7, §6.8). */
export function encodeBundle(
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  material: Material,
): string {
  const verification =
    'chain' in material
      ? { x509CertificateChain: { certificates: material.chain.map(raw), ...stapled(material.stapled) } }
      : { publicKey: { hint: material.keyHint } };
  const bundle = {
    mediaType: BUNDLE_MEDIA_TYPE,
    // Readers built on protobuf models want the field even where the method has no entries.
    verificationMaterial: { ...verification, tlogEntries: [] },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: IN_TOTO_PAYLOAD_TYPE,
      signatures: signatures.map((sig) => ({ sig: base64(sig), keyid: '' })),
    },
  };
  return `${JSON.stringify(bundle)}\n`;
}

const raw = (der: Uint8Array): { readonly rawBytes: string } => ({ rawBytes: base64(der) });

/** Left out when there is none: readers that know the schema only refuse a field that they do not know. */
function stapled(evidence: StapledEvidence | undefined): object {
  if (!evidence || evidence.crls.length + evidence.ocsp.length === 0) return {};
  return { [STAPLED_KEY]: { crls: evidence.crls.map(raw), ocspResponses: evidence.ocsp.map(raw) } };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
