import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { barLine, TerminalBar } from '../../../commands/terminal/bar.js';
import { Output } from '../../../commands/terminal/output.js';

const GIB = 1024 ** 3;
const at = (bytes: number, total: number) => ({ bytes, total, files: 1, totalFiles: 2 });

/** A terminal that remembers what was written to it. */
function terminal(columns: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  return { stream, text: () => String(stream.read() ?? '') };
}

describe('the progress bar', () => {
  for (const columns of [1, 5, 9, 10, 20, 40, 60, 80, 200]) {
    it(`stays inside a line of ${columns} columns`, () => {
      for (const seconds of [0, 0.5, 59, 7200])
        for (const bytes of [0, 1, GIB / 3, 999.5 * 1024 ** 2, GIB])
          for (const label of ['verifying', 'signing a rather large model'])
            expect(barLine(label, at(bytes, GIB), seconds, columns).length).to.be.lessThan(columns);
    });
  }

  it('leaves out what is least needed first', () => {
    const line = (columns: number): string => barLine('verifying', at(GIB / 2, GIB), 10, columns);
    expect(line(100)).to.equal(`verifying ${'█'.repeat(12)}${'░'.repeat(12)} 50%  51.2 MiB/s  10 s left`);
    expect(line(46)).to.equal('verifying ████░░░░ 50%  51.2 MiB/s  10 s left');
    expect(line(40)).to.equal('verifying ███████░░░░░░░ 50%  10 s left');
    expect(line(32)).to.equal('verifying ███░░░ 50%  10 s left');
    expect(line(20)).to.equal('verifying ███░░ 50%');
    expect(line(12)).to.equal('50%');
  });

  it('is redrawn in one line, and wiped at the end', async () => {
    const { stream, text } = terminal(20);
    const streams = { stdout: new PassThrough(), stderr: stream };
    const bar = new Output({ json: false, quiet: false, color: true }, streams).progress('verifying');
    const until = Date.now() + 800;
    while (Date.now() < until) {
      bar.sink(at(1, 2));
      await new Promise((done) => setTimeout(done, 20));
    }
    bar.done();
    bar.done();
    const drawn = text();
    expect(drawn).not.to.include('\n');
    const lines = drawn.split('\r\u001b[2K');
    expect(lines.length).to.be.within(4, 8);
    expect(lines[0]).to.equal('');
    expect(lines.at(-1)).to.equal('');
    for (const line of lines) expect(line.length).to.be.lessThan(20);
  });

  it('makes way for text, and comes back', async () => {
    const { stream, text } = terminal(40);
    const output = new Output(
      { json: false, quiet: false, color: false },
      { stdout: stream, stderr: stream },
    );
    const bar = output.progress('x');
    await new Promise((done) => setTimeout(done, 450));
    bar.sink(at(1, 2));
    output.note('said');
    output.warn('warned');
    await new Promise((done) => setTimeout(done, 150));
    bar.sink(at(1, 2));
    output.result({}, 'result');
    const shown = text()
      .replaceAll('\r\u001b[2K', '|')
      .replace(/\|x [█░]+ 50%[^|]*\|/g, 'BAR ');
    expect(shown.split('\n')).to.deep.equal(['BAR said', 'warning: warned', 'BAR result', '']);
  });

  it('and colour are not for a terminal that only prints', () => {
    const { stream, text } = terminal(80);
    const output = new Output(
      { json: false, quiet: false, color: true, dumb: true },
      { stdout: stream, stderr: stream },
    );
    expect(output.colors.isColorSupported).to.equal(false);
    output.warn('x');
    expect(text()).to.equal('warning: x\n');
    expect(output.progress('x')).not.to.be.instanceOf(TerminalBar);
    // Questions are still asked.
    expect(output.interactive).to.equal(true);
  });

  it('is coloured by the stream that the text goes to', () => {
    const { stream } = terminal(80);
    const output = new Output(
      { json: false, quiet: false, color: true },
      { stdout: stream, stderr: new PassThrough() },
    );
    expect([output.colors.isColorSupported, output.noteColors.isColorSupported]).to.deep.equal([true, false]);
  });
});
