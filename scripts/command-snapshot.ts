import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';

/** What scripts of users depend on: commands, their arguments and flags, with defaults and choices. */
export async function commandSnapshot(): Promise<string> {
  const config = await Config.load(fileURLToPath(new URL('..', import.meta.url)));
  const commands = config.commands
    .map(({ id, args, flags }) => ({
      command: id.replaceAll(':', ' '),
      args: Object.keys(args),
      flags: Object.values(flags)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((flag) => ({
          name: flag.name,
          ...(flag.char && { char: flag.char }),
          type: flag.type,
          ...(flag.required && { required: true }),
          ...(flag.type === 'option' && flag.multiple && { multiple: true }),
          ...(flag.type === 'option' && flag.options && { options: flag.options }),
          ...(flag.default !== undefined && { default: flag.default as unknown }),
        })),
    }))
    .sort((a, b) => (a.command < b.command ? -1 : 1));
  return `${JSON.stringify(commands, null, 2)}\n`;
}
