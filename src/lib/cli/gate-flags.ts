import { Flags } from './oclif.js';
import type { Gate } from '../gates/gate.js';

/** Flags by which a CI job puts conditions to metrics and is told how it went. */
export const gateFlags = {
  'fail-on': Flags.string({
    description:
      'Exit with 3 where this is true; may be repeated. A metric by its path, e.g. "pixel.macro.f1 < 0.40", "image.auc drops 0.01"',
    multiple: true,
    helpValue: 'CONDITION',
    helpGroup: 'CI',
  }),
  junit: Flags.string({
    description: 'Write the gates as a JUnit report',
    helpValue: 'FILE',
    helpGroup: 'CI',
  }),
  markdown: Flags.string({
    description: 'Write metrics and gates as Markdown, for a pull request or a job’s summary',
    helpValue: 'FILE',
    helpGroup: 'CI',
  }),
};

export interface GateReportFiles {
  junit?: string | undefined;
  markdown?: string | undefined;
}

/** Writes what `--junit` and `--markdown` ask for. */
export async function writeGateReports(
  command: string,
  gates: readonly Gate[],
  files: GateReportFiles,
  markdown: () => string,
): Promise<void> {
  const { writeFileAtomic } = await import('../files/write.js');
  const { junitReport } = await import('../gates/junit.js');
  if (files.junit !== undefined) await writeFileAtomic(files.junit, junitReport(command, gates));
  if (files.markdown !== undefined) await writeFileAtomic(files.markdown, markdown());
}

/** The lines by which GitHub Actions shows failed gates, for stderr: stdout may hold the one JSON document. */
export async function annotationsFor(
  command: string,
  gates: readonly Gate[],
  warnings: readonly string[],
): Promise<string> {
  const { githubAnnotations, underGithubActions } = await import('../gates/github.js');
  if (!underGithubActions()) return '';
  return githubAnnotations(command, gates, warnings)
    .map((line) => `${line}\n`)
    .join('');
}
