import { cli } from './cli.js';

/** Every command that does something, `ca issue` and not `ca`, as the help lists them. */
export async function everyCommandPath(): Promise<string[]> {
  const below = async (path: readonly string[]): Promise<string[]> => {
    const { stdout } = await cli([...path, '--help']);
    const words = ['modelseal', ...path].join(' ');
    const found = [...stdout.matchAll(new RegExp(`^ +${words} ([a-z-]+)`, 'gm'))].map((m) => String(m[1]));
    const names = [...new Set(found)].filter((name) => stdout.includes('Commands:') && name !== undefined);
    if (!stdout.includes('Commands:') || names.length === 0) return [path.join(' ')];
    return (await Promise.all(names.map((name) => below([...path, name])))).flat();
  };
  return below([]);
}
