import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { OfxError } from '../core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { writeFileAtomic, writeError } from '../files/write.js';
import { rename } from 'node:fs/promises';

export type Paper = 'A4' | 'letter';

/** A browser that prints, and on what. */
export interface Browser {
  command: string;
  paper: Paper;
}

/** What the browsers that print to PDF are called on the PATH; all are Chromium inside. */
const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
  'brave-browser',
];

/** Where they lie on systems that put no programs on the PATH. */
const PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '/Applications/Brave Browser.app/Contents/MacOS/Brave Browser',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((variable) => {
    const folder = process.env[variable];
    if (folder === undefined) return [];
    return [
      'Google\\Chrome\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
      'Chromium\\Application\\chrome.exe',
    ].map((place) => path.join(folder, place));
  }),
};

/**
 * A Chromium, Chrome or Edge of this machine.
 *
 * @param named - the one to use, by its path
 * @throws {OfxError} BROWSER_MISSING
 */
export async function findBrowser(named?: string): Promise<string> {
  if (named !== undefined) {
    if (await isProgram(named)) return named;
    throw new OfxError('BROWSER_MISSING', `There is no program ${named}.`, {
      suggestion: 'Give --browser the path of Chromium, Chrome or Edge.',
    });
  }
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  const ending = process.platform === 'win32' ? '.exe' : '';
  const candidates = [
    ...COMMANDS.flatMap((command) => folders.map((folder) => path.join(folder, `${command}${ending}`))),
    ...(PLACES[process.platform] ?? []),
  ];
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  throw new OfxError(
    'BROWSER_MISSING',
    'A PDF is printed by Chromium, Chrome or Edge, and none of them is here.',
    {
      suggestion:
        'Write --report FILE.html and print it from any browser, or install Chromium, or name yours with --browser PATH.',
    },
  );
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Prints a document into a file.
 *
 * @throws {OfxError} BROWSER_FAILED, OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function printPdf(
  document: AsyncIterable<string>,
  report: string,
  { command }: Browser,
  signal?: AbortSignal,
): Promise<void> {
  const target = path.resolve(report);
  await makeFolder(path.dirname(target));
  // Beside the report: what is renamed has to lie on the same disk. Snaps may read no hidden folder, so it is none.
  const folder = await mkdtemp(path.join(path.dirname(target), 'ofx-printing-')).catch((error: unknown) => {
    throw writeError(report, error);
  });
  const profile = await mkdtemp(path.join(tmpdir(), 'ofx-browser-'));
  try {
    const page = path.join(folder, 'case.html');
    const printed = path.join(folder, 'case.pdf');
    await writeFileAtomic(page, document, signal);
    await print(command, page, printed, profile, signal);
    await rename(printed, target).catch((error: unknown) => {
      throw writeError(report, error);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function print(
  command: string,
  page: string,
  printed: string,
  profile: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const run = await execa(
    command,
    [
      '--headless',
      '--disable-gpu',
      '--no-first-run',
      '--disable-extensions',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium refuses to run as root with its sandbox; the page is ours, and its own policy lets no script run.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${profile}`,
      '--no-pdf-header-footer',
      '--generate-pdf-document-outline',
      '--timeout=600000',
      `--print-to-pdf=${printed}`,
      pathToFileURL(page).href,
    ],
    { reject: false, all: true, ...(signal && { cancelSignal: signal }) },
  );
  signal?.throwIfAborted();
  const made = await access(printed).then(
    () => true,
    () => false,
  );
  if (run.exitCode === 0 && made) return;
  const last = run.all.trim().split('\n').at(-1) ?? '';
  throw new OfxError('BROWSER_FAILED', `${command} did not print the report${last && `: ${last}`}`, {
    suggestion: 'Write --report FILE.html instead, and print it from any browser.',
    cause: run,
  });
}
