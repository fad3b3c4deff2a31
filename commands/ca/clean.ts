import { type Command, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const clean: Command = (context) =>
  Act.command(context, 'clean', {
    command: 'clean',
    describe: 'Remove private keys that an interrupted init left behind',
    builder: (yargs) =>
      homeOption(yargs)
        .option('root-out', { type: 'string', describe: 'Folder that the root key was to go to' })
        .example('$0 ca clean', 'after an init that was killed'),
    act: async (argv) => {
      const { findLeftovers, removeLeftovers } = await import('../../ca/leftovers.js');
      const found = findLeftovers(argv.home, argv.rootOut);
      const inUse = found.filter(({ owner }) => owner !== undefined);
      const removed = found.filter(({ owner }) => owner === undefined).map(({ path }) => path);
      removeLeftovers(found.filter(({ owner }) => owner === undefined));
      const result = { removed, inUse };
      return {
        record: result,
        result,
        text: () =>
          [
            ...removed.map((path) => `removed  ${printable(path)}`),
            ...inUse.map(({ path, owner }) => `in use   ${printable(path)} by process ${owner}`),
            `${removed.length} removed`,
          ].join('\n'),
      };
    },
  });

export default clean;
