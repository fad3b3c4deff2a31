import { ModelsealError } from '../../core/errors/index.js';
import { type Command, type CommandContext, passphraseOptions, printable } from '../terminal/index.js';
import type { Authority, CertificateRecord, RevokeRequest } from '../../ca/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption, selectionOf, selectionOptions } from './options.js';
import { howToPublish, named, recordJson } from './record.js';
import { Act, type Done } from './write.js';

const revoke: Command = (context) =>
  Act.command(context, 'revoke', {
    command: 'revoke [certificate]',
    describe:
      'Revoke a certificate for good, or all of an identity, a time or a profile; `ca crl` publishes it',
    builder: (yargs) =>
      selectionOptions(clockOption(passphraseOptions(homeOption(yargs))))
        .positional('certificate', { type: 'string', describe: 'Serial number or file' })
        .option('reason', {
          type: 'string',
          default: 'unspecified',
          describe: 'Reason of RFC 5280 §5.3.1, such as keyCompromise or superseded',
        })
        .option('invalidity-date', {
          type: 'string',
          describe: 'Since when the key is thought to be compromised',
        })
        .option('preview', {
          type: 'boolean',
          default: false,
          describe: 'Only say what would be revoked: with keyCompromise, every certificate of the key',
        })
        .option('issuing-ca', {
          type: 'boolean',
          default: false,
          describe: 'Revoke the issuing CA itself: needs the root key, and a yes on a terminal',
        })
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .example(
          '$0 ca revoke ada/cert.pem --reason keyCompromise --invalidity-date 2026-11-01',
          'a stolen key',
        )
        .example(
          '$0 ca revoke --identity ada@example.org --since 2026-11-01 --preview',
          'all of these at once',
        ),
    act: async (argv, act) => {
      const { resolveCertificate, resolveForRevocation, revocationReason } = await import(
        '../../ca/index.js'
      );
      const { invalidityDate: parseDate } = await import('../../ca/reasons.js');
      const reason = revocationReason(argv.reason);
      const invalidityDate = argv.invalidityDate === undefined ? undefined : parseDate(argv.invalidityDate);
      const order = { reason, at: context.now(), invalidityDate };
      const { certificate, preview, issuingCa } = argv;
      const selection = selectionOf(argv);
      const narrowed = Object.values(selection).some((value) => value !== undefined);
      if ((certificate === undefined) !== narrowed) {
        const problem =
          'name one certificate, or say by --identity, --since, --until, --profile which are meant';
        throw new ModelsealError('ERR_USAGE', { problem });
      }
      if (certificate === undefined) {
        return withAuthority(context, argv, preview ? 'read' : act, argv, async (authority) => {
          const all = { ...order, ...selection };
          const records = await (preview ? authority.wouldRevoke(all) : authority.revokeAll(all));
          return saidAll(context, records, reason, preview, authority.issuing.id);
        });
      }
      return withAuthority(context, argv, preview ? 'read' : act, argv, async (authority) => {
        const chosen = preview
          ? await resolveCertificate(authority, certificate)
          : await resolveForRevocation(authority, certificate, order.at);
        const { serial } = chosen;
        const active = authority.issuing.id;
        if (preview) {
          return said(
            context,
            'would revoke',
            await affected(authority, chosen, reason),
            reason,
            true,
            active,
          );
        }
        const ending = authority.issuers.find(({ certificate: own }) => own.serialNumber === serial);
        if (issuingCa && ending?.role === 'issuing') {
          return endAuthority(context, authority, ending, order);
        }
        return said(context, 'revoked', await authority.revoke({ ...order, serial }), reason, false, active);
      });
    },
  });

/** What a revocation would take along, the named certificate first. */
async function affected(
  authority: Authority,
  chosen: CertificateRecord,
  reason: string,
): Promise<CertificateRecord[]> {
  if (reason !== 'keyCompromise' || chosen.keyFingerprint === '') return [chosen];
  const others = await authority.ofSameKey(chosen.keyFingerprint);
  return [
    chosen,
    ...others.filter(({ serial, revocation }) => serial !== chosen.serial && revocation?.reason !== reason),
  ];
}

function said(
  context: CommandContext,
  verb: string,
  records: readonly CertificateRecord[],
  reason: string,
  preview: boolean,
  active: string,
): Done {
  const [first, ...others] = records;
  const also = others.map(recordJson);
  const text = (): string =>
    [
      ...records.map(
        ({ serial, subject }) =>
          `${context.output.colors.yellow(verb)} ${serial}  ${printable(subject)}  (${reason})`,
      ),
      ...(others.length > 0 ? ['all of them are of one key'] : []),
      ...(preview ? ['nothing was changed'] : howToPublish(records, active)),
    ].join('\n');
  return {
    record: { reason, preview, certificates: records.map(named) },
    result: { ...(first && recordJson(first)), also, preview },
    text,
  };
}

function saidAll(
  context: CommandContext,
  records: readonly CertificateRecord[],
  reason: string,
  preview: boolean,
  active: string,
): Done {
  const verb = preview ? 'would revoke' : 'revoked';
  const text = (): string =>
    [
      ...records.map(
        ({ serial, subject, identities }) =>
          `${context.output.colors.yellow(verb)} ${serial}  ${printable(identities.join(', ') || subject)}`,
      ),
      `${records.length} in all (${reason})`,
      ...(preview ? ['nothing was changed'] : howToPublish(records, active)),
    ].join('\n');
  return {
    record: { reason, preview, certificates: records.map(named) },
    result: { certificates: records.map(recordJson), reason, preview },
    text,
  };
}

/** Revokes an issuing CA and publishes the root's list, after a person has said yes. */
async function endAuthority(
  context: CommandContext,
  authority: Authority,
  issuing: Authority['issuing'],
  order: Omit<RevokeRequest, 'serial'>,
): Promise<Done> {
  const { serialNumber, subject, label } = issuing.certificate;
  if (!context.output.interactive || process.stdin.isTTY !== true) {
    throw new ModelsealError('ERR_CA_ISSUING_REVOCATION', { serial: serialNumber });
  }
  const { confirm } = await import('@clack/prompts');
  const message = `Revoke ${printable(label)}? Every certificate that it issued ends with it, for good.`;
  if ((await confirm({ message, initialValue: false })) !== true) {
    throw new ModelsealError('ERR_INTERRUPTED', { work: 'revoking the issuing CA' });
  }
  const { file, number } = await authority.revokeIssuingCa({ ...order, issuer: issuing.id });
  const record = await authority.find(serialNumber);
  const text = (): string =>
    [
      `${context.output.colors.yellow('revoked')} ${serialNumber}  ${printable(subject.toString())}  (${order.reason})`,
      `${context.output.colors.green('wrote')} ${printable(file)}: CRL ${number} of the root`,
      `the issuing CA may sign one last list: modelseal ca crl --issuer ${issuing.id}`,
    ].join('\n');
  return {
    record: { reason: order.reason, certificates: [named(record)], file, number },
    result: { ...recordJson(record), also: [], preview: false, file, number },
    text,
  };
}

export default revoke;
