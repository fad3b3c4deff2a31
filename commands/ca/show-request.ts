import { type Command, command, printable } from '../terminal/index.js';
import { withAuthority } from './open.js';
import { recordJson } from './record.js';

const showRequest: Command = (context) =>
  command({
    command: 'show-request <file>',
    describe: 'Check a certificate request and show what it asks for',
    builder: (yargs) =>
      yargs
        .positional('file', { type: 'string', demandOption: true, describe: 'Request, PEM or DER' })
        .option('home', { type: 'string', describe: 'Authority that is asked whether it knows the key' })
        .example('$0 ca show-request ada.csr --home ca', 'before issuing from it'),
    handler: async ({ file, home }) => {
      const { summarizeRequest } = await import('../../ca/index.js');
      const request = await summarizeRequest(file);
      const known =
        home === undefined
          ? undefined
          : await withAuthority(context, { home }, 'read', undefined, (authority) =>
              authority.ofSameKey(request.keyFingerprint),
            );
      context.output.result({ ...request, ...(known && { certificates: known.map(recordJson) }) }, () => {
        const line = (label: string, values: readonly string[]): string[] =>
          values.length === 0 ? [] : [`${label.padEnd(12)}${printable(values.join(', '))}`];
        return [
          ...line('subject', [request.subject]),
          ...line('e-mail', request.emails),
          ...line('URI', request.uris),
          ...line('other names', request.otherNames),
          ...line('extensions', request.extensions),
          ...line('key', [request.key]),
          ...line('', [`SHA-256 ${request.keyFingerprint}`]),
          ...(known ?? []).map(
            ({ serial, state, identities }) =>
              `known       ${serial}  ${state}  ${printable(identities.join(', '))}`,
          ),
          ...(known?.length === 0 ? ['known       the authority has never certified this key'] : []),
          `${context.output.colors.green('proven')}      the sender holds the key; who that is, you must know otherwise`,
        ].join('\n');
      });
    },
  });

export default showRequest;
