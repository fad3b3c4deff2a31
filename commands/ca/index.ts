import { type Command, command, group } from '../terminal/index.js';
import backup from './backup.js';
import blockKey from './block-key.js';
import ceremony from './ceremony.js';
import clean from './clean.js';
import crl from './crl.js';
import crossCertify from './cross-certify.js';
import exportRecords from './export.js';
import init from './init.js';
import issue from './issue.js';
import list from './list.js';
import migrate from './migrate.js';
import ocsp from './ocsp.js';
import recover from './recover.js';
import renew from './renew.js';
import request from './request.js';
import restore from './restore.js';
import revoke from './revoke.js';
import showRequest from './show-request.js';
import rollover from './rollover.js';
import show from './show.js';
import status from './status.js';
import tsaCertificate from './tsa-certificate.js';

/** `modelseal ca …` */
const ca: Command = (context) =>
  command({
    command: 'ca',
    describe:
      'Run a certificate authority: init, ceremony, issue, renew, request, show-request, tsa-certificate, list, show, export, status, revoke, block-key, crl, ocsp, rollover, cross-certify, backup, restore, recover, migrate, clean',
    builder: (yargs) =>
      group(yargs, context, [
        init,
        ceremony,
        issue,
        renew,
        request,
        showRequest,
        tsaCertificate,
        list,
        show,
        exportRecords,
        status,
        revoke,
        blockKey,
        crl,
        ocsp,
        rollover,
        crossCertify,
        backup,
        restore,
        recover,
        migrate,
        clean,
      ]).example('$0 ca init --name "Example Corp"', 'a root and an issuing CA in ./certs'),
    handler: () => {},
  });

export default ca;
