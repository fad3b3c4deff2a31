import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/**
 * Puts a folder into a Hugging Face cache as the hub's libraries do: every file a blob named by its digest, and a
 * snapshot of relative links.
 *
 * @param hub `…/huggingface/hub`
 * @returns The snapshot.
 */
export function cacheModel(hub: string, name: string, folder: string, commit = COMMIT): string {
  const repository = join(hub, `models--${name.replace('/', '--')}`);
  const snapshot = join(repository, 'snapshots', commit);
  for (const part of ['blobs', 'refs', `snapshots/${commit}`])
    mkdirSync(join(repository, part), { recursive: true });
  writeFileSync(join(repository, 'refs', 'main'), commit);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!statSync(join(folder, file)).isFile()) continue;
    const bytes = readFileSync(join(folder, file));
    const blob = join(repository, 'blobs', createHash('sha256').update(bytes).digest('hex'));
    writeFileSync(blob, bytes);
    const link = join(snapshot, file);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), blob), link);
  }
  return snapshot;
}
