import { ERROR_TABLE } from '../core/errors.js';
import { didYouMean } from '../text/suggest.js';
import { SCHEMA_VERSION } from './base-command.js';
import type { Interfaces } from './oclif.js';

/** What oclif calls where no command has the given name: an error like all others, in JSON too where that is asked for. */
const commandNotFound: Interfaces.Hook<'command_not_found'> = ({ id, argv = [], config }) => {
  const name = id.replaceAll(':', ' ');
  const [topic] = name.split(' ');
  const message = `There is no command "${name}".`;
  const list = config.topics.some((known) => known.name === topic)
    ? `"ofx ${topic} --help" lists what there is.`
    : '"ofx --help" lists the commands.';
  const known = config.commands
    .filter(({ hidden }) => !hidden)
    .map((command) => command.id.replaceAll(':', ' '));
  // What follows are arguments, and no part of a command's name.
  const longest = Math.max(...known.map((command) => command.split(' ').length));
  const meant = name.split(' ').slice(0, longest).join(' ');
  const suggestion = [didYouMean(meant, known), list].filter(Boolean).join(' ');
  if ([id, ...argv].includes('--json')) {
    const document = {
      schemaVersion: SCHEMA_VERSION,
      ofx: config.version,
      error: { code: 'USAGE', message, suggestion },
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  process.stderr.write(`error: ${message}\n${suggestion}\n`);
  process.exitCode = ERROR_TABLE.USAGE.exit;
  return Promise.resolve();
};

export default commandNotFound;
