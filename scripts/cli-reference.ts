import { fileURLToPath } from 'node:url';
import { CommandHelp, Config } from '@oclif/core';

const WIDTH = 110;

/** `docs/cli.md`: what `--help` says of every command. */
export async function cliReference(): Promise<string> {
  const config = await Config.load(fileURLToPath(new URL('..', import.meta.url)));
  const commands = config.commands
    .filter(({ hidden }) => !hidden)
    .map((command) => ({ command, name: command.id.replaceAll(':', ' ') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const sections = commands.map(({ command, name }) => {
    const help = new CommandHelp({ ...command, id: name }, config, { maxWidth: WIDTH, stripAnsi: true });
    const text = help
      .generate()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trim();
    return `## ofx ${name}\n\n${command.summary ?? ''}\n\n\`\`\`text\n${text}\n\`\`\``;
  });
  const contents = commands.map(({ name }) => `- [ofx ${name}](#ofx-${name.replaceAll(' ', '-')})`);
  return (
    [
      '# Commands',
      'Made from the sources by `npm run docs`: the text of `ofx COMMAND --help`. Exit statuses and settings are in the [README](../README.md).',
      contents.join('\n'),
      ...sections,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}
