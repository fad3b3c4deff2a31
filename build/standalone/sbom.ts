// The parts of the standalone program as CycloneDX 1.6. Without time and serial number: two builds are the same bytes.

/** What package-lock.json says of one package. */
export interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  /** Subresource Integrity of the archive. */
  readonly integrity?: string;
}

export interface SbomInput {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** `packages` of the lock file, by folder. */
  readonly locked: Readonly<Record<string, LockedPackage>>;
  /** Folders of the packages whose code is inside. */
  readonly bundled: Iterable<string>;
  readonly runtime: { readonly version: string; readonly sha256: string };
}

/**
 * @returns The document as text.
 * @throws {Error} for a bundled package that the lock file does not name: it came from elsewhere
 */
export function cycloneDx(input: SbomInput): string {
  const components = [...input.bundled].sort().map((folder) => component(folder, input.locked[folder]));
  const purl = `pkg:npm/${input.name}@${input.version}`;
  const runtime = {
    type: 'platform',
    'bom-ref': `pkg:npm/bun@${input.runtime.version}`,
    name: 'bun',
    version: input.runtime.version,
    purl: `pkg:npm/bun@${input.runtime.version}`,
    hashes: [{ alg: 'SHA-256', content: input.runtime.sha256 }],
    licenses: [{ license: { id: 'MIT' } }],
  };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purl,
        name: input.name,
        version: input.version,
        purl,
        licenses: [{ license: { id: input.license } }],
      },
    },
    components: [...components, runtime],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function component(folder: string, locked: LockedPackage | undefined): object {
  if (!locked) throw new Error(`${folder} is not in package-lock.json`);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
  return {
    type: 'library',
    // The same release may lie in several folders.
    'bom-ref': `${purl}#${folder}`,
    name,
    version: locked.version,
    purl,
    ...(locked.license === undefined ? {} : { licenses: [licence(locked.license)] }),
    ...(locked.integrity === undefined ? {} : { hashes: locked.integrity.split(' ').flatMap(hash) }),
  };
}

/** Several licences are an SPDX expression, one is an identifier. */
const licence = (text: string): object =>
  /[ (]/.test(text) ? { expression: text } : { license: { id: text } };

function hash(integrity: string): object[] {
  const [, bits, base64 = ''] = /^sha(256|384|512)-(.+)$/.exec(integrity) ?? [];
  return bits ? [{ alg: `SHA-${bits}`, content: Buffer.from(base64, 'base64').toString('hex') }] : [];
}
