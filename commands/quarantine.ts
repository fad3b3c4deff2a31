import { ModelsealError } from '../core/errors/index.js';
import { ReportBuilder } from '../core/report/index.js';
import { type Command, type CommandContext, command, group, printable } from './terminal/index.js';
import type { Incident } from '../loader/store/index.js';
import { needed, text } from './options/table.js';
import { readVerifyOptions, VERIFICATION } from './options/verification.js';

interface QuarantineArguments {
  quarantine: string;
}

const ID = needed(text('Identifier, or a unique beginning of it'));

const open = async (argv: QuarantineArguments) => {
  const { Quarantine } = await import('../loader/store/index.js');
  return new Quarantine(argv.quarantine);
};

/** `modelseal quarantine list|show|restore|purge|add` */
const quarantine: Command = (context) =>
  command({
    command: 'quarantine',
    describe: 'Look at, release or delete what was quarantined',
    builder: (yargs) =>
      group(
        yargs.option('quarantine', {
          type: 'string',
          default: '.modelseal/quarantine',
          describe: 'Quarantine folder',
        }),
        context,
        [list, show, add, restore, settle, purge],
      ).example('$0 quarantine list', 'what is held, and why'),
    handler: () => {},
  });

export default quarantine;

const list: Command = (context) =>
  command({
    command: 'list',
    describe: 'Every entry, oldest first; exit code 2 while something is held, with --fail-if-held',
    builder: (yargs) =>
      yargs
        .option('fail-if-held', {
          type: 'boolean',
          default: false,
          describe: 'End with exit code 2 while anything is held',
        })
        .example('$0 quarantine list', 'what is in .modelseal/quarantine'),
    handler: async (argv) => {
      const q = await open(argv as unknown as QuarantineArguments);
      const entries = q.list();
      const held = entries.filter((e) => e.state === 'held').length;
      context.output.result({ quarantine: q.folder, held, entries: entries.map(brief) }, () =>
        entries.length === 0
          ? 'The quarantine is empty.'
          : [
              ...entries.map((e) => line(e, context)),
              '',
              `${held} held, ${entries.length - held} released`,
            ].join('\n'),
      );
      if ((argv as { failIfHeld?: boolean }).failIfHeld && held > 0) context.finish('threat');
    },
  });

const show: Command = (context) =>
  command({
    command: 'show <id>',
    describe: 'The incident report of an entry',
    builder: (yargs) =>
      yargs
        .positional('id', ID)
        .example('$0 quarantine show 20260301T12', 'the entry whose identifier begins so'),
    handler: async (argv) => {
      const q = await open(argv as unknown as QuarantineArguments);
      const incident = q.get(argv.id);
      context.output.result(incident, () => describe(incident, q.contentPath(incident)));
    },
  });

const add: Command = (context) =>
  command({
    command: 'add <path>',
    describe: 'Quarantine a file or folder by hand',
    builder: (yargs) =>
      yargs
        .positional('path', { type: 'string', demandOption: true, describe: 'File or folder' })
        .option('reason', {
          type: 'string',
          demandOption: true,
          describe: 'One sentence for the incident report',
        })
        .example('$0 quarantine add models/x --reason "reported by the vendor"', 'take a model out of use'),
    handler: async (argv) => {
      const q = await open(argv as unknown as QuarantineArguments);
      const { claimedSigners } = await import('../loader/store/index.js');
      const incident = q.add({
        path: argv.path,
        reason: 'operator',
        summary: argv.reason,
        signerClaimed: claimedSigners(argv.path),
        at: context.now(),
      });
      await context.record('quarantine', 'accepted', {
        id: incident.id,
        path: incident.originalPath,
        reason: argv.reason,
      });
      context.output.result(incident, () => `Quarantined as ${incident.id}`);
    },
  });

const restore: Command = (context) =>
  command({
    command: 'restore <id>',
    describe: 'Verify an entry again and move it back',
    builder: (yargs) =>
      yargs
        .positional('id', ID)
        .options(VERIFICATION)
        .option('to', { type: 'string', describe: 'Restore to this path instead of the original one' })
        .option('without-verification', {
          type: 'boolean',
          default: false,
          describe: 'Restore although nothing proves the content; recorded in the audit log',
        })
        .example(
          '$0 quarantine restore 20260301T12 --trust-root root.pem',
          'verify against root.pem, then move back',
        ),
    handler: async (argv) => {
      const q = await open(argv as unknown as QuarantineArguments);
      const at = context.now();
      const trusted = [argv['trust-root'], argv['public-key'], argv['trusted-root']].some(
        (trust) => trust !== undefined,
      );
      if (!trusted && !argv.withoutVerification) {
        throw new ModelsealError('ERR_USAGE', {
          problem:
            'restoring verifies again: give --trust-root, --public-key or --trusted-root, or say --without-verification',
        });
      }
      const verify = argv.withoutVerification
        ? async (): Promise<void> => {}
        : async (path: string): Promise<void> => {
            const options = await readVerifyOptions({ ...argv, model: path }, context);
            const { runVerification } = await import('../loader/pipeline/verify.js');
            const { ScannedModel } = await import('../scanner/scanned-model.js');
            const report = new ReportBuilder(path, at, context.observer);
            await ScannedModel.from(await runVerification(path, options, report), path);
          };
      const restored = await q.restore(argv.id, { ...(argv.to ? { to: argv.to } : {}), at, verify });
      await context.record('restore', 'accepted', {
        id: restored.id,
        to: restored.movedTo,
        verified: !argv.withoutVerification,
      });
      context.output.result(restored, () => `Restored to ${printable(restored.movedTo ?? '')}`);
    },
  });

const settle: Command = (context) =>
  command({
    command: 'settle',
    describe: 'Finish what killed processes left behind, inside the quarantine and nowhere else',
    builder: (yargs) => yargs.example('$0 quarantine settle', 'after a crash; says what is left outside'),
    handler: async (argv) => {
      const settled = (await open(argv as unknown as QuarantineArguments)).settle();
      await context.record('quarantine', 'accepted', {
        settled: settled.map(({ id, state }) => `${id} ${state}`),
      });
      context.output.result({ settled }, () =>
        settled.length === 0
          ? 'Nothing is unfinished.'
          : settled
              .map(
                ({ id, state, outside }) =>
                  `${id}  ${state}${outside ? `; look at ${printable(outside)}` : ''}`,
              )
              .join('\n'),
      );
    },
  });

const purge: Command = (context) =>
  command({
    command: 'purge <id>',
    describe: 'Delete an entry for good, content and incident report',
    builder: (yargs) =>
      yargs
        .positional('id', ID)
        .option('yes', {
          type: 'boolean',
          default: false,
          describe: 'Confirm; without it nothing is deleted',
        })
        .example('$0 quarantine purge 20260301T12 --yes', 'delete the entry'),
    handler: async (argv) => {
      const q = await open(argv as unknown as QuarantineArguments);
      const incident = q.get(argv.id);
      if (!argv.yes) {
        throw new ModelsealError('ERR_USAGE', {
          problem: `purging ${incident.id} cannot be undone: confirm with --yes`,
        });
      }
      q.purge(incident.id);
      await context.record('purge', 'accepted', { id: incident.id, path: incident.originalPath });
      context.output.result({ purged: incident.id }, `Purged ${incident.id}`);
    },
  });

const brief = (e: Incident) => ({
  id: e.id,
  state: e.state,
  quarantinedAt: e.quarantinedAt,
  originalPath: e.originalPath,
  reason: e.reason,
  summary: e.summary,
  codes: e.errors.map((x) => x.code),
});

function line(e: Incident, context: CommandContext): string {
  const { yellow, dim } = context.output.colors;
  const state = e.state === 'held' ? yellow(e.state) : dim(e.state);
  return `${e.id}  ${state}  ${e.reason}  ${printable(e.originalPath)}\n    ${printable(e.summary)}`;
}

function describe(e: Incident, content: string): string {
  const by = `${e.quarantinedBy.user}@${e.quarantinedBy.host} (process ${e.quarantinedBy.process}, modelseal ${e.quarantinedBy.version})`;
  const files = e.files ?? [];
  return [
    `Entry        ${e.id}`,
    `State        ${e.state}${e.movedTo ? ` to ${printable(e.movedTo)}` : ''}`,
    `Quarantined  ${e.quarantinedAt} by ${printable(by)}`,
    `Original     ${printable(e.originalPath)} (${e.kind})`,
    `Content      ${printable(content)}`,
    `Reason       ${e.reason}: ${printable(e.summary)}`,
    `Signer       ${e.signerClaimed.length > 0 ? `claimed to be ${e.signerClaimed.map(printable).join(', ')}` : 'none claimed'}`,
    ...e.errors.map((x) => `Error        ${x.code}: ${printable(x.message)}`),
    ...(e.report?.threats ?? []).map(
      (t) => `Threat       ${t.severity} ${t.rule} ${printable(t.file)}: ${printable(t.message)}`,
    ),
    `Files        ${files.length}${e.filesIncomplete ? ` (${e.filesIncomplete})` : ''}`,
    ...files
      .slice(0, 20)
      .map((f) => `             ${f.sha256}  ${f.size}  ${printable(f.name)}${f.link ? ' (link)' : ''}`),
    ...(files.length > 20 ? [`             … ${files.length - 20} more, see --json`] : []),
  ].join('\n');
}
