import type { AnchorEntry } from '../loader/trust/index.js';
import { flag, list, needed, type OptionTable, text } from './options/table.js';
import { STORE, storeFolder } from './options/trust-store.js';
import { type Command, type CommandContext, command, group, printable } from './terminal/index.js';

const NAME = needed(text('Name of the anchor'));

/** `modelseal trust add|list|show|remove|refresh` */
const trust: Command = (context) =>
  command({
    command: 'trust',
    describe: 'The trust store, whom to trust: add, list, show, remove, refresh',
    builder: (yargs) =>
      group(yargs, context, [add, listAll, show, remove, refresh]).example(
        '$0 trust add acme acme-root.pem',
        'modelseal verify MODEL needs no option after that',
      ),
    handler: () => {},
  });

export default trust;

const open = async (argv: Parameters<typeof storeFolder>[0], context: CommandContext) => {
  const { TrustStore } = await import('../loader/trust/index.js');
  return TrustStore.at(storeFolder(argv, context.env));
};

const ADD = {
  ...STORE,
  fingerprint: text(
    'SHA-256 of the root, from its owner; needed for an address, and for a file with several certificates',
  ),
  intermediates: list('Certificates below the root, whose CRLs and OCSP responses are refreshed as well'),
  crl: list('Address of a CRL that trust refresh fetches'),
  scope: list(
    'Models that it counts for: name:MODEL, name-prefix:TEXT, path:PATH or path-prefix:FOLDER; any without it',
  ),
  'time-stamping': flag('An anchor of time-stamp authorities, not of signers'),
} as const satisfies OptionTable;

const add: Command = (context) =>
  command({
    command: 'add <name> <source>',
    describe: 'Trust a root; where the name is taken, one that the old root has cross-signed',
    builder: (yargs) =>
      yargs
        .positional('name', NAME)
        .positional('source', needed(text('File (PEM or DER) or http(s) address of the root')))
        .options(ADD)
        .example('$0 trust add acme acme-root.pem --crl http://pki.acme.example/issuing.crl', 'from a file')
        .example('$0 trust add acme https://acme.example/root.pem --fingerprint 5f0c…', 'from an address'),
    handler: async (argv) => {
      const { readAnchorSource } = await import('../loader/trust/index.js');
      const { readCertificateFiles } = await import('../loader/path/index.js');
      const store = await open(argv, context);
      const entry = store.add({
        name: argv.name,
        at: context.now(),
        certificates: await readAnchorSource(argv.source, argv.fingerprint),
        fingerprint: argv.fingerprint,
        intermediates: readCertificateFiles(argv.intermediates ?? [], 'intermediate certificate'),
        use: argv['time-stamping'] ? 'time-stamping' : 'signing',
        crl: argv.crl,
        scope: argv.scope,
      });
      await context.record('trust', 'accepted', {
        added: entry.name,
        fingerprint: rootOf(entry).fingerprint,
      });
      context.output.result({ store: store.folder, added: await described(entry) }, () =>
        [
          `${context.output.colors.green('trusted')} ${entry.name} in ${printable(store.folder)}`,
          `  subject   ${printable(rootOf(entry).label)}`,
          `  SHA-256   ${rootOf(entry).fingerprint}`,
        ].join('\n'),
      );
    },
  });

const listAll: Command = (context) =>
  command({
    command: 'list',
    describe: 'Every anchor with its end, its scope and the age of its lists',
    builder: (yargs) => yargs.options(STORE).example('$0 trust list', 'who is trusted'),
    handler: async (argv) => {
      const store = await open(argv, context);
      const anchors = await Promise.all(store.entries().map(described));
      context.output.result({ store: store.folder, anchors }, () =>
        anchors.length === 0
          ? `Nobody is trusted: ${printable(store.folder)} has no anchor.`
          : anchors
              .map(
                ({ name, use, notAfter, scope, crls }) =>
                  `${name.padEnd(20)} ${use.padEnd(13)} until ${notAfter}  ${
                    scope.length > 0 ? printable(scope.join(', ')) : 'any model'
                  }${crls.map(({ nextUpdate }) => `  CRL due ${nextUpdate}`).join('')}`,
              )
              .join('\n'),
      );
    },
  });

const show: Command = (context) =>
  command({
    command: 'show <name>',
    describe: 'The certificates of an anchor, its settings and its lists',
    builder: (yargs) =>
      yargs.positional('name', NAME).options(STORE).example('$0 trust show acme', 'one anchor'),
    handler: async (argv) => {
      const store = await open(argv, context);
      const anchor = await described(store.entry(argv.name));
      context.output.result({ store: store.folder, ...anchor }, () =>
        [
          `${anchor.name}, for ${anchor.use}`,
          ...[...anchor.certificates, ...anchor.intermediates].flatMap((c) => [
            `  ${printable(c.subject)}`,
            `    issued by ${printable(c.issuer)}, ${c.key}, ${c.notBefore} to ${c.notAfter}`,
            `    SHA-256   ${c.fingerprint}`,
          ]),
          ...anchor.scope.map((scope) => `  scope ${printable(scope)}`),
          ...anchor.crl.map((url) => `  CRL address ${printable(url)}`),
          ...anchor.crls.map(
            (c) => `  CRL of ${printable(c.issuer)}, ${c.thisUpdate}, next due ${c.nextUpdate}`,
          ),
          `  OCSP responses ${anchor.ocsp}`,
        ].join('\n'),
      );
    },
  });

const remove: Command = (context) =>
  command({
    command: 'remove <name>',
    describe: 'Trust an anchor no longer',
    builder: (yargs) =>
      yargs.positional('name', NAME).options(STORE).example('$0 trust remove acme', 'no more'),
    handler: async (argv) => {
      const store = await open(argv, context);
      store.remove(argv.name);
      await context.record('trust', 'accepted', { removed: argv.name });
      context.output.result({ store: store.folder, removed: argv.name }, `removed ${argv.name}`);
    },
  });

const REFRESH = {
  ...STORE,
  'warn-days': { type: 'number', default: 30, describe: 'Name what runs out within so many days' },
  'fetch-private': flag('Allow private and loopback addresses'),
} as const satisfies OptionTable;

const refresh: Command = (context) =>
  command({
    command: 'refresh [names..]',
    describe: 'Fetch CRLs and OCSP responses; exit code 1 where somebody has to look, for cron',
    builder: (yargs) =>
      yargs
        .positional('names', { type: 'string', array: true, describe: 'Anchors; all without it' })
        .options(REFRESH)
        .example('$0 trust refresh', 'every night'),
    handler: async (argv) => {
      const { refreshStore } = await import('../loader/trust/index.js');
      const store = await open(argv, context);
      const anchors = await refreshStore(store, {
        at: context.now(),
        names: argv.names?.length ? argv.names : undefined,
        warnDays: argv['warn-days'],
        allowPrivate: argv['fetch-private'],
      });
      const problems = anchors.flatMap((anchor) => anchor.problems);
      await context.record('trust', problems.length > 0 ? 'refused' : 'accepted', {
        refreshed: anchors.map(({ name }) => name),
        problems,
      });
      context.output.result({ store: store.folder, anchors }, () =>
        anchors
          .flatMap(({ name, crls, ocsp, problems: own }) => [
            `${name}: ${crls} CRLs, ${ocsp} OCSP responses`,
            ...own.map((problem) => `  ${context.output.colors.red('!')} ${printable(problem)}`),
          ])
          .join('\n'),
      );
      if (problems.length > 0) context.finish('refused');
    },
  });

/** The newest of an anchor's roots. */
const rootOf = ({ certificates }: AnchorEntry) =>
  certificates[certificates.length - 1] as AnchorEntry['certificates'][0];

/** An anchor as reports show it. */
async function described(entry: AnchorEntry) {
  const [{ isoTime, summarizeCertificate }, { CertificateList }, { scopeText }] = await Promise.all([
    import('../core/x509/index.js'),
    import('../core/x509/crl.js'),
    import('../loader/trust/index.js'),
  ]);
  return {
    name: entry.name,
    use: entry.use,
    notAfter: isoTime(rootOf(entry).notAfter),
    scope: entry.scope.map(scopeText),
    crl: entry.crl,
    certificates: entry.certificates.map(summarizeCertificate),
    intermediates: entry.intermediates.map(summarizeCertificate),
    crls: entry.crls.map((der) => {
      const list = CertificateList.decode(der);
      return {
        issuer: list.issuer.toString(),
        thisUpdate: isoTime(list.thisUpdate),
        nextUpdate: isoTime(list.nextUpdate),
      };
    }),
    ocsp: entry.ocsp.length,
  };
}
