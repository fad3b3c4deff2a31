import { type Command, command, group } from './terminal/index.js';
import verify from './certificate-verify.js';

/** `modelseal certificate …` */
const certificate: Command = (context) =>
  command({
    command: 'certificate',
    describe: 'Judge a certificate of any CA: verify',
    builder: (yargs) =>
      group(yargs, context, [verify]).example(
        '$0 certificate verify cert.pem --trust-root root.pem',
        'path, rules and revocation of one certificate',
      ),
    handler: () => {},
  });

export default certificate;
