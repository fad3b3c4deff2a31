import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ALLOWED_BUILTINS } from '../../../loader/guard/builtins.js';
import { checkProcess } from '../../../loader/guard/environment.js';

describe('docs/guard.md', () => {
  const text = readFileSync(new URL('../../../docs/guard.md', import.meta.url), 'utf8');
  const quoted = (paragraph: RegExp): string[] =>
    [...(paragraph.exec(text)?.[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

  it('lists the built-in modules that guarded code may use', () => {
    const listed = quoted(/Built-in modules that guarded code may use:[\s\S]*?with their sub-modules/);
    const allowed = [...ALLOWED_BUILTINS].filter((name) => !name.includes('/'));
    expect(listed.sort()).to.deep.equal(allowed.sort());
  });

  it('lists Node options that the guard accepts', () => {
    const listed = quoted(/Node options that are accepted:[\s\S]*?\n\n/).map((o) => o.replace('…', 'x'));
    expect(listed.length).to.be.greaterThan(20);
    const start = (option: string): string[] => {
      const refused: string[] = [];
      checkProcess(
        { execArgv: [option, 'value'], argv: ['node', 'app.js'], env: {}, isEntry: () => false },
        ((_: string, { option: name }: { option: string }) => refused.push(name)) as never,
      );
      return refused;
    };
    // The word behind it is the value of some, and a stray word behind others; the option itself is never refused.
    for (const option of listed) expect(start(option), option).not.to.include(option);
    expect(start('--require')).to.include('--require');
  });
});
