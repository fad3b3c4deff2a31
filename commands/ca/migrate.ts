import { type Command, command, printable } from '../terminal/index.js';
import { homeOption } from './options.js';

const migrate: Command = (context) =>
  command({
    command: 'migrate',
    describe: 'Bring the records of an older version up to date, after a copy of them',
    builder: (yargs) => homeOption(yargs).example('$0 ca migrate', 'once after an update of Modelseal'),
    handler: async (argv) => {
      const { migrateAuthority } = await import('../../ca/index.js');
      const done = await migrateAuthority(argv.home, context.now());
      if (done.copy !== undefined) {
        await context.record('migrate', 'accepted', { from: done.from, to: done.to });
      }
      context.output.result(done, () =>
        done.copy === undefined
          ? `nothing to do: the records have version ${done.to} already`
          : [
              `${context.output.colors.green('migrated')} the records from version ${done.from} to ${done.to}`,
              `as they were: ${printable(done.copy)}`,
            ].join('\n'),
      );
    },
  });

export default migrate;
