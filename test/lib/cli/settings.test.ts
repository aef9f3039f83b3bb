import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { OfxError } from '../../../src/lib/core/errors.js';
import {
  checkEnvironment,
  explicitConfigFile,
  readConfigFile,
  settingsAsArguments,
  type FlagShapes,
} from '../../../src/lib/cli/settings.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const FLAGS: FlagShapes = {
  size: { type: 'option', char: 's' },
  'min-area': { type: 'option' },
  quiet: { type: 'boolean', char: 'q' },
  colour: { type: 'boolean', allowNo: true },
  sizes: { type: 'option', multiple: true },
  runs: { type: 'option', exclusive: ['duration'] },
  duration: { type: 'option' },
  out: { type: 'option', dependsOn: ['fix'] },
  fix: { type: 'boolean' },
};

describe('settings', () => {
  describe('settingsAsArguments', () => {
    const settings = (
      argv: string[],
      environment: NodeJS.ProcessEnv,
      file: Record<string, unknown>,
    ): string[] => settingsAsArguments(argv, FLAGS, 'dataset:check', environment, file);

    it('takes the flag before the environment before the section before the top level of the file', () => {
      const file = { size: 1, 'dataset check': { size: 2 } };
      expect(settings(['--size', '4'], { OFX_SIZE: '3' }, file)).to.deep.equal([]);
      expect(settings([], { OFX_SIZE: '3' }, file)).to.deep.equal(['--size=3']);
      expect(settings([], {}, file)).to.deep.equal(['--size=2']);
      expect(settings([], {}, { size: 1 })).to.deep.equal(['--size=1']);
    });

    it('sees a flag in every spelling', () => {
      for (const argv of [['--size=4'], ['--size', '4'], ['-s', '4'], ['-s4'], ['-qs', '4'], ['-qs4']]) {
        expect(settings(argv, { OFX_SIZE: '3' }, {})).to.deep.equal([]);
      }
      expect(settings(['--no-colour'], { OFX_COLOUR: '1' }, {})).to.deep.equal([]);
    });

    it('takes the value of a short flag for no flag', () => {
      expect(settings(['-sq'], { OFX_QUIET: '1' }, {})).to.deep.equal(['--quiet']);
    });

    it('leaves out what a stronger setting excludes', () => {
      expect(settings(['--duration', '1s'], { OFX_RUNS: '5' }, {})).to.deep.equal([]);
      expect(settings(['--runs', '5'], { OFX_DURATION: '1s' }, {})).to.deep.equal([]);
      expect(settings([], { OFX_DURATION: '1s' }, { runs: 5 })).to.deep.equal(['--duration=1s']);
      expect(settings([], {}, { duration: '1s', 'dataset check': { runs: 5 } })).to.deep.equal(['--runs=5']);
      // Two of the same strength contradict each other: the parser says so.
      expect(settings([], { OFX_DURATION: '1s', OFX_RUNS: '5' }, {})).to.have.length(2);
    });

    it('leaves out what means nothing without a flag that is not set', () => {
      expect(settings([], { OFX_OUT: 'x' }, {})).to.deep.equal([]);
      expect(settings(['--fix'], { OFX_OUT: 'x' }, {})).to.deep.equal(['--out=x']);
      expect(settings([], { OFX_OUT: 'x', OFX_FIX: 'no' }, {})).to.deep.equal([]);
    });

    it('does not take an argument behind -- for a flag', () => {
      expect(settings(['--', '--size'], { OFX_SIZE: '3' }, {})).to.deep.equal(['--size=3']);
    });

    it('turns booleans on, and off where that can be said', () => {
      expect(settings([], { OFX_QUIET: 'true', OFX_COLOUR: '0' }, {})).to.deep.equal([
        '--quiet',
        '--no-colour',
      ]);
      expect(settings([], {}, { quiet: false, colour: true })).to.deep.equal(['--colour']);
    });

    it('repeats flags that may be repeated', () => {
      expect(settings([], { OFX_SIZES: '288,380' }, {})).to.deep.equal(['--sizes=288', '--sizes=380']);
      expect(settings([], {}, { sizes: [1, 2] })).to.deep.equal(['--sizes=1', '--sizes=2']);
    });

    it('names variables in capitals with underscores, and takes an empty one for unset', () => {
      expect(settings([], { OFX_MIN_AREA: '7' }, {})).to.deep.equal(['--min-area=7']);
      expect(settings([], { OFX_MIN_AREA: '' }, {})).to.deep.equal([]);
    });
  });

  describe('explicitConfigFile', () => {
    it('reads the flag, then the environment', () => {
      expect(explicitConfigFile(['--config', 'a.json'], { OFX_CONFIG: 'b.json' })).to.equal('a.json');
      expect(explicitConfigFile(['--config=a.json'], {})).to.equal('a.json');
      expect(explicitConfigFile([], { OFX_CONFIG: 'b.json' })).to.equal('b.json');
      expect(explicitConfigFile(['--', '--config=a.json'], {})).to.equal(undefined);
    });
  });

  describe('readConfigFile', () => {
    const folder = temporaryFolder();
    const known = { flags: new Set(['size']), commands: new Map([['predict', new Set(['size'])]]) };
    const read = async (content: string): Promise<unknown> => {
      await writeFile(folder.file('c.json'), content);
      return readConfigFile(folder.file('c.json'), known);
    };

    it('gives the settings', async () => {
      expect(await read('{"size": 1, "predict": {"size": 2}}')).to.deep.equal({
        size: 1,
        predict: { size: 2 },
      });
    });

    it('refuses what is not valid JSON, no object, or names no flag', async () => {
      for (const content of ['{', '[1]', '{"siez": 1}', '{"predict": {"siez": 1}}']) {
        expect((await rejection(read(content))).code).to.equal('USAGE');
      }
      expect((await rejection(read('{"predict": {"siez": 1}}'))).message).to.contain(
        '"siez" in its section "predict"',
      );
    });

    it('refuses a file that was asked for and is missing', async () => {
      expect((await rejection(readConfigFile(folder.file('none.json'), known))).code).to.equal('USAGE');
    });
  });
});

describe('checkEnvironment', () => {
  const known = new Set(['max-pixels', 'threshold', 'mask-threshold']);

  it('refuses a variable that is no setting, and says what may be meant', () => {
    const check = (environment: Record<string, string>) => () => {
      checkEnvironment(environment, known);
    };
    expect(check({ OFX_MAX_PIXELS: '1', OFX_TEST_DATA: '/data', PATH: '/bin', OFX_OLD: '' })).to.not.throw();
    for (const [name, meant] of [
      ['OFX_MAX_PIXLES', 'OFX_MAX_PIXELS'],
      ['OFX_TRESHOLD', 'OFX_THRESHOLD'],
      ['OFX_SOMETHING_ELSE', '--min-area'],
    ] as const) {
      expect(check({ [name]: '1' }))
        .to.throw(OfxError, name)
        .with.property('suggestion')
        .that.contains(meant);
    }
  });
});
