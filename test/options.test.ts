import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { isModelsealError } from '../core/errors/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const FACES = ['ca', 'signer', 'loader', 'scanner'];
/** Types that are made by their own factories, bytes, and what callers implement themselves: no lists of options. */
const NO_OPTIONS =
  /^(Date|Map|Set|ReadonlySet|ReadonlyMap|Uint8Array|Buffer|KeyObject|AbortSignal|ByteSource|Array|ReadonlyArray)$/;

interface Taker {
  readonly module: string;
  /** `verifyModel`, or `Authority.open` for a method. */
  readonly name: string;
  readonly position: number;
  readonly kind: 'function' | 'static' | 'method';
}

/** Every exported function, and every public method of an exported class, that takes an object of optional properties. */
function takers(): Taker[] {
  const files = FACES.map((face) => `${root}${face}/index.ts`);
  const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const found: Taker[] = [];
  const look = (
    module: string,
    name: string,
    kind: Taker['kind'],
    signatures: readonly ts.Signature[],
    at: ts.Node,
  ): void => {
    for (const signature of signatures) {
      signature.parameters.forEach((parameter, position) => {
        const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, at));
        const named = type.aliasSymbol?.name ?? type.symbol?.name ?? '';
        const properties = type.getProperties();
        const isClass = type.isClass() || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class;
        const optional = properties.some((p) => p.flags & ts.SymbolFlags.Optional);
        if (isClass || !optional || type.isUnion() || NO_OPTIONS.test(named) || type.getStringIndexType())
          return;
        found.push({ module, name, position, kind });
      });
    }
  };
  for (const face of FACES) {
    const source = program.getSourceFile(`${root}${face}/index.ts`);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (!source || !symbol) throw new Error(`${face} has no face`);
    for (const exported of checker.getExportsOfModule(symbol)) {
      const real = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(real.flags & ts.SymbolFlags.Value)) continue;
      const type = checker.getTypeOfSymbolAtLocation(real, source);
      look(face, exported.name, 'function', type.getCallSignatures(), source);
      if (!(real.flags & ts.SymbolFlags.Class)) continue;
      for (const member of type.getProperties()) {
        // Node's own.
        if (member.name === 'prepareStackTrace') continue;
        const signatures = checker.getTypeOfSymbolAtLocation(member, source).getCallSignatures();
        look(face, `${exported.name}.${member.name}`, 'static', signatures, source);
      }
      for (const member of checker.getDeclaredTypeOfSymbol(real).getProperties()) {
        if (member.name.startsWith('__#') || member.name.includes('#')) continue;
        const signatures = checker.getTypeOfSymbolAtLocation(member, source).getCallSignatures();
        look(face, `${exported.name}.${member.name}`, 'method', signatures, source);
      }
    }
  }
  return found;
}

/** What is not a list of options although it has optional properties: data that is described, not asked for. */
const DATA: Readonly<Record<string, string>> = {
  'signer: migrate (0)': 'a unit of the plan, as planMigration returned it',
  'loader: ReportBuilder.check (0)': 'a check that is written down',
  'loader: renderReport (0)': 'a report to print',
  'loader: renderShortReport (0)': 'a report to print',
  'loader: Quarantine.contentPath (0)': 'an incident, as the store returned it',
};

describe('options of the public functions', function () {
  this.timeout(60_000);

  it('are closed: an unknown name is refused by every function of every module', async () => {
    const all = takers();
    expect(all.length).to.be.greaterThan(20);
    const open: string[] = [];
    for (const { module, name, position, kind } of all) {
      const key = `${module}: ${name} (${position})`;
      if (Object.hasOwn(DATA, key)) continue;
      const face = (await import(pathToFileURL(`${root}${module}/index.ts`).href)) as Record<string, never>;
      const [owner, member] = name.split('.') as [string, string | undefined];
      const holder =
        kind === 'method' ? (face[owner] as unknown as { prototype: object }).prototype : face[owner];
      const call = (member === undefined ? face[owner] : (holder as Record<string, unknown>)[member]) as (
        ...a: unknown[]
      ) => unknown;
      const args: unknown[] = Array.from({ length: position + 1 }, () => undefined);
      args.fill({});
      args[position] = { identiy: 'eve@x.org' };
      const error = await Promise.resolve()
        .then(() => Reflect.apply(call, member === undefined ? undefined : holder, args))
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      const closed = isModelsealError(error, 'ERR_USAGE') && error.message.includes('identiy');
      if (!closed) open.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    }
    expect(open).to.deep.equal([]);
  });
});
