import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  findRecord,
  type RecordPolicy,
  readRecord,
  verifyRecord,
  writeMetadataRecord,
} from '../../core/records/index.js';
import { expectCode } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

const MODEL = 'model bytes';
const SHA = createHash('sha256').update(MODEL).digest('hex');
const KEY = 'a shared secret';
const HMAC = createHmac('sha256', KEY).update(MODEL).digest('hex');

describe('integrity records of the older practice', () => {
  const temp = useTemp();
  const model = (): string => {
    const file = join(temp(), 'model.pkl');
    writeFileSync(file, MODEL);
    return file;
  };
  const metadata = (value: unknown): string => {
    const file = join(temp(), 'metadata.json');
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  };
  const sig = (value: unknown): string => {
    const file = join(temp(), 'model.pkl.sig.json');
    writeFileSync(file, JSON.stringify(value));
    return file;
  };
  const both: RecordPolicy = { checksum: true, hmacKey: createSecretKey(Buffer.from(KEY)) };
  const checksumOnly: RecordPolicy = { checksum: true };
  const full = {
    checksum: SHA,
    checksum_algorithm: 'sha256',
    signature: HMAC,
    signature_algorithm: 'hmac-sha256',
  };

  it('accepts a checksum, and a checksum with its HMAC', () => {
    const file = model();
    expect(
      verifyRecord(file, readRecord(metadata({ checksum: SHA.toUpperCase() })), checksumOnly).checksum,
    ).to.equal(SHA);
    verifyRecord(file, readRecord(metadata(full)), both);
  });

  const refused: {
    name: string;
    record: object;
    policy: typeof both;
    code: Parameters<typeof expectCode>[0];
  }[] = [
    { name: 'no checksum', record: { name: 'x' }, policy: checksumOnly, code: 'ERR_RECORD_FIELD_MISSING' },
    {
      name: 'no HMAC where one is required',
      record: { checksum: SHA },
      policy: both,
      code: 'ERR_RECORD_FIELD_MISSING',
    },
    {
      name: 'another checksum',
      record: { ...full, checksum: '0'.repeat(64) },
      policy: both,
      code: 'ERR_RECORD_CHECKSUM',
    },
    {
      name: 'another HMAC',
      record: { ...full, signature: '0'.repeat(64) },
      policy: both,
      code: 'ERR_RECORD_SIGNATURE',
    },
    {
      name: 'a checksum too short',
      record: { ...full, checksum: SHA.slice(2) },
      policy: both,
      code: 'ERR_RECORD_MALFORMED',
    },
    {
      name: 'an empty checksum',
      record: { ...full, checksum: '' },
      policy: both,
      code: 'ERR_RECORD_MALFORMED',
    },
    {
      name: 'another algorithm',
      record: { ...full, checksum_algorithm: 'md5' },
      policy: both,
      code: 'ERR_RECORD_ALGORITHM',
    },
  ];
  for (const { name, record, policy, code } of refused) {
    it(`refuses ${name}`, () => {
      const file = model();
      expectCode(code, () => verifyRecord(file, readRecord(metadata(record)), policy));
    });
  }

  it('refuses what is not JSON', () => {
    model();
    expectCode('ERR_RECORD_MALFORMED', () => readRecord(metadata('{"checksum":')));
  });

  it('reads digest records, and does not take an unverifiable claim for proof', () => {
    const file = model();
    const plain = {
      signature_version: '1.0',
      model_name: 'risk',
      sha256: SHA,
      dependencies: { numpy: '1.26' },
    };
    const record = readRecord(sig(plain));
    expect(record.description.model_name).to.equal('risk');
    verifyRecord(file, record, checksumOnly);
    const claiming = readRecord(sig({ ...plain, pqc: { enabled: true, algorithm: 'SHA256+ML-KEM-768' } }));
    expectCode('ERR_RECORD_CLAIMS', () => verifyRecord(file, claiming, checksumOnly));
    verifyRecord(file, claiming, { ...checksumOnly, ignoreClaims: true });
    expectCode('ERR_RECORD_FIELD_MISSING', () =>
      verifyRecord(file, readRecord(sig({ model_name: 'x' })), checksumOnly),
    );
  });

  it('finds the record that names the file before the one of the folder', () => {
    const file = model();
    expectCode('ERR_RECORD_NOT_FOUND', () => findRecord(file));
    const general = metadata({ checksum: SHA });
    expect(findRecord(file)).to.equal(general);
    const own = sig({ sha256: SHA });
    expect(findRecord(file)).to.equal(own);
  });

  it('writes records that it verifies, and keeps descriptive fields', () => {
    const file = model();
    const path = writeMetadataRecord(file, {
      ...(both.hmacKey ? { hmacKey: both.hmacKey } : {}),
      overwrite: false,
    });
    verifyRecord(file, readRecord(path), both);
    expect(JSON.parse(readFileSync(path, 'utf8'))).to.deep.equal(full);
    expectCode('ERR_FILE_EXISTS', () => writeMetadataRecord(file, { overwrite: false }));
    metadata({ model_name: 'risk', checksum: '0'.repeat(64) });
    writeMetadataRecord(file, { overwrite: true });
    expect(JSON.parse(readFileSync(path, 'utf8'))).to.deep.include({ model_name: 'risk', checksum: SHA });
  });
});
