import { defineErrors, list } from './texts.js';

/** Causes where models are found, copied and fetched: the Hugging Face cache, staged copies, registries. */
export const reachErrors = defineErrors({
  ERR_HUB_ADDRESS: {
    kind: 'usage',
    say: (d: { address: string; problem: string }) =>
      `${d.address} names no model of a Hugging Face cache: ${d.problem}`,
    hint: 'Write hf://ORG/NAME, or hf://ORG/NAME@REVISION for a branch, a tag or a commit.',
  },
  ERR_HUB_NOT_CACHED: {
    kind: 'not-found',
    say: (d: { address: string; cache: string; revisions: readonly string[] }) =>
      `${d.address} is not in the cache ${d.cache}${d.revisions.length > 0 ? `, which has ${list(d.revisions)}` : ''}`,
    hint: 'The network is never asked for a model. Download it first (hf download ORG/NAME), or set HF_HOME or HF_HUB_CACHE to where it is.',
  },
  ERR_HUB_CACHE_MALFORMED: {
    kind: 'refused',
    say: (d: { address: string; file: string }) =>
      `${d.address} cannot be looked up: ${d.file} holds no commit`,
    hint: 'Remove the file and download the model again, or name the commit: hf://ORG/NAME@COMMIT.',
  },
  ERR_EXEC_PROGRAM: {
    kind: 'not-found',
    say: (d: { program: string; reason: string }) =>
      `the program ${d.program} cannot be started: ${d.reason}`,
    hint: 'The model was verified. Name a program that is installed and may be run; no shell looks at the words behind --.',
  },
  ERR_REGISTRY_REFERENCE: {
    kind: 'usage',
    say: (d: { reference: string; problem: string }) =>
      `${d.reference} names nothing in a registry: ${d.problem}`,
    hint: 'Write oci://HOST/REPOSITORY:TAG, or oci://HOST/REPOSITORY@sha256:DIGEST.',
  },
  ERR_REGISTRY_CREDENTIALS: {
    kind: 'unchecked',
    say: (d: { source: string; problem: string }) =>
      `the account for the registry cannot be had from ${d.source}: ${d.problem}`,
    hint: 'Log in again with docker, podman or oras; DOCKER_CONFIG and REGISTRY_AUTH_FILE say where they keep accounts.',
  },
  ERR_REGISTRY_DENIED: {
    kind: 'unchecked',
    say: (d: { registry: string }) => `${d.registry} does not let us do that`,
    hint: 'Log in with docker, podman or oras, with an account that may read the repository (push: write).',
  },
  ERR_REGISTRY_NOT_FOUND: {
    kind: 'not-found',
    say: (d: { registry: string; what: string }) => `${d.registry} does not have ${d.what}`,
    hint: 'Check repository and tag; some registries answer so to accounts that may not know of it.',
  },
  ERR_REGISTRY_FAILED: {
    kind: 'unchecked',
    say: (d: { registry: string; problem: string }) => `talking to ${d.registry} failed: ${d.problem}`,
    hint: 'Try again. TLS is needed, but for a registry on this machine; certificates of your own go into NODE_EXTRA_CA_CERTS.',
  },
  ERR_REGISTRY_DIGEST: {
    kind: 'refused',
    say: (d: { what: string; expected: string; found: string }) =>
      `${d.what} that the registry sent has the digest ${d.found}, where ${d.expected} was asked for`,
    hint: 'The registry, or somebody between, sends other bytes. Nothing of them was kept.',
  },
  ERR_REGISTRY_SIZE: {
    kind: 'refused',
    say: (d: { file: string; expected: number; found: string }) =>
      `${d.file} has ${d.expected} bytes in the manifest, and ${d.found}`,
    hint: 'The registry, or somebody between, sends other bytes. Nothing of them was kept.',
  },
  ERR_REGISTRY_MANIFEST: {
    kind: 'refused',
    say: (d: { problem: string }) => `the manifest is not that of a model: ${d.problem}`,
    hint: 'Name an artifact that was pushed by modelseal, oras, or a tool of the ModelPack or Docker Model Runner kind; of several, one by its digest.',
  },
  ERR_REGISTRY_LAYER: {
    kind: 'unchecked',
    say: (d: { layer: string; problem: string }) => `the layer ${d.layer} is not a file: ${d.problem}`,
    hint: 'Such an artifact has to be downloaded and unpacked by its own tool; verify the folder then. Push one raw layer a file to be verified from the manifest.',
  },
  ERR_REGISTRY_UNSIGNED: {
    kind: 'refused',
    say: (d: { reference: string }) =>
      `${d.reference} has no signature, neither as a referrer nor among its files`,
    hint: 'Ask the publisher to push the signature as well: modelseal push MODEL oci://… does.',
  },
  ERR_REGISTRY_DIGESTS: {
    kind: 'unchecked',
    say: (d: { reference: string; method: string }) =>
      `${d.reference} is signed by ${d.method}, which a manifest of whole files with SHA-256 says nothing about`,
    hint: 'Pull it, which hashes the files themselves; or sign by whole files and SHA-256, as without options.',
  },
});
