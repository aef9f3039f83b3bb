import type { Gate } from './gate.js';

/** Whether this runs as a step of a GitHub Actions job, where lines of a certain form become annotations. */
export function underGithubActions(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment['GITHUB_ACTIONS'] === 'true';
}

/**
 * Failed gates and warnings as GitHub's workflow commands: printed by a step, they stand at the top of its job.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubAnnotations(
  command: string,
  gates: readonly Gate[],
  warnings: readonly string[] = [],
): string[] {
  const failed = gates.filter(({ passed }) => !passed);
  return [
    ...failed.map(({ name, subject, detail }) =>
      annotation('error', `${command}: gate failed`, `${name} (${subject}): ${detail}`),
    ),
    ...warnings.map((warning) => annotation('warning', command, warning)),
  ];
}

function annotation(level: 'error' | 'warning', title: string, message: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
