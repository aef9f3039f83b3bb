import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { ConvertEvent } from '../../../src/lib/python/events.js';
import { runScript } from '../../../src/lib/python/script.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

describe('the line protocol with python/', () => {
  const folder = temporaryFolder();

  /** Runs Python source and collects its events. */
  async function run(source: string, signal?: AbortSignal, onEvent?: () => void): Promise<ConvertEvent[]> {
    const script = folder.file('script.py');
    await writeFile(script, `import json, os, signal, sys, time\n${source}`);
    const events: ConvertEvent[] = [];
    await runScript({
      python: 'python3',
      script,
      args: ['é'],
      onEvent: (event) => {
        events.push(event);
        onEvent?.();
      },
      signal,
    });
    return events;
  }

  it('hands over events, in order, as they come', async () => {
    const events = await run(`
for size in (288, 380):
    print(json.dumps({"event": "exported", "size": size}), flush=True)
print(json.dumps({"event": "warning", "message": sys.argv[1]}))
print('{"event": "done"}')`);
    expect(events).to.deep.equal([
      { event: 'exported', size: 288 },
      { event: 'exported', size: 380 },
      { event: 'warning', message: 'é' },
      { event: 'done' },
    ]);
  });

  it('ignores events it does not know, malformed ones, and what libraries print', async () => {
    const events = await run(`
print('{"event": "weather", "message": "fine"}')
print('{"event": "exported", "size": "large"}')
print('Intel MKL says hello')
print('[1, 2')
print('{"event": "done"}')`);
    expect(events).to.deep.equal([{ event: 'done' }]);
  });

  it('throws what an error event says, whatever is on stderr', async () => {
    const error = await rejection(
      run(`
print('{"event": "error", "code": "CHECKPOINT_INVALID", "message": "It is empty."}')
sys.stderr.write("Traceback: nobody wants to see this")
sys.exit(65)`),
    );
    expect(error.code).to.equal('CHECKPOINT_INVALID');
    expect(error.message).to.equal('It is empty.');
    expect(error.suggestion).to.be.a('string');
  });

  it('takes an exception for a defect, and keeps its traceback', async () => {
    const error = await run('raise KeyError("weights")').catch((caught: unknown) => caught as Error);
    expect(error).to.be.instanceOf(Error).and.to.have.property('name', 'Error');
    expect((error as Error).message).to.match(/^script\.py ended with status 1: KeyError: 'weights'/);
    expect((error as Error).message).to.contain('Traceback');
  });

  it('takes a script that ends early, without a word, for a defect', async () => {
    const error = await run('').catch((caught: unknown) => caught as Error);
    expect((error as Error).message).to.contain('ended with status 0');
  });

  it('tells of the want of memory where the system kills Python', async () => {
    const error = await rejection(run('os.kill(os.getpid(), signal.SIGKILL)'));
    expect(error.code).to.equal('IO_FAILED');
    expect(error.message).to.contain('memory');
  });

  it('ends the script when it is told to stop', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const running = run(
      `print('{"event": "exported", "size": 1}', flush=True)\ntime.sleep(3600)`,
      abort.signal,
      () => {
        abort.abort(reason);
      },
    );
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
  });
});
