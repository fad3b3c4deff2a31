import { type Command, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const migrate: Command = (context) =>
  Act.command(context, 'migrate', {
    command: 'migrate',
    describe: 'Bring the records of an older version up to date, after a copy of them',
    builder: (yargs) => homeOption(yargs).example('$0 ca migrate', 'once after an update of Modelseal'),
    act: async (argv) => {
      const { migrateAuthority } = await import('../../ca/index.js');
      const done = await migrateAuthority(argv.home, context.now());
      const text = (): string =>
        done.copy === undefined
          ? `nothing to do: the records have version ${done.to} already`
          : [
              `${context.output.colors.green('migrated')} the records from version ${done.from} to ${done.to}`,
              `as they were: ${printable(done.copy)}`,
            ].join('\n');
      return { record: { ...done }, result: done, text };
    },
  });

export default migrate;
