import { clearLine, cursorTo } from 'node:readline';
import cliProgress from 'cli-progress';

/** What a job tells about long work; jobs know nothing of terminals. */
export interface Progress {
  start: (total: number, label: string) => void;
  /** `done` items are finished; the total may have grown, and may go on growing where it `isTotal` not yet. */
  update: (done: number, total?: number, isTotal?: boolean) => void;
  stop: () => void;
  /** Writes lines on the terminal that the bar stands on, above the bar. */
  above: (write: () => void) => void;
}

export const SILENT_PROGRESS: Progress = {
  start: nothing,
  update: nothing,
  stop: nothing,
  above: (write) => {
    write();
  },
};

const SAVE_CURSOR = '\u001B7';

/** Cells of the bar: as many as there is room for, and none where these few would tell nothing. */
const BAR = { most: 24, fewest: 6 } as const;

/** A bar on stderr with count, rate and time left. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr): Progress {
  let bar: cliProgress.SingleBar | undefined;
  let startedAt = 0;
  let total = 0;
  let isWhole = true;
  return {
    start(newTotal, label) {
      total = newTotal;
      startedAt = performance.now();
      bar = new cliProgress.SingleBar({
        stream,
        format: (_options, { progress, value }, { rate, left }: { rate: string; left: string }) =>
          barLine(
            label,
            progress,
            `${value}/${total}${isWhole ? '' : '+'} · ${rate}/s · ${left} left`,
            stream.columns,
          ),
        hideCursor: true,
        clearOnComplete: true,
        // A line above may have gone over the bar although the bar itself says the same as before.
        forceRedraw: true,
        // Otherwise the terminal is told not to wrap, and lines written above lose their ends.
        linewrap: true,
        // Signals are the base command's business: it must also stop the work.
        gracefulExit: false,
      });
      bar.start(total, 0, { rate: '–', left: '–' });
    },
    update(done, newTotal = total, isTotal = true) {
      if (newTotal !== total) bar?.setTotal(newTotal);
      total = newTotal;
      isWhole = isTotal;
      const seconds = (performance.now() - startedAt) / 1000;
      const rate = done / seconds;
      const known = done > 0 && seconds > 0;
      bar?.update(done, {
        rate: known ? rate.toPrecision(rate < 10 ? 2 : 3) : '–',
        left: known && isTotal ? formatSeconds((total - done) / rate) : '–',
      });
    },
    stop() {
      // `bar.stop` goes back to where the cursor was saved at the start, but lines may have been written above since.
      if (bar) stream.write(SAVE_CURSOR);
      bar?.stop();
      bar = undefined;
    },
    above(write) {
      if (bar) {
        cursorTo(stream, 0);
        clearLine(stream, 0);
      }
      write();
      bar?.render();
    },
  };
}

/** Label, bar and text on one line that never fills the last column, where a terminal would wrap or clear it. */
function barLine(label: string, progress: number, text: string, columns = 80): string {
  const room = columns - 1;
  const cells = Math.min(BAR.most, room - label.length - text.length - 2);
  const full = Math.round(progress * cells);
  const bar = cells < BAR.fewest ? '' : ` ${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
  return `${label}${bar} ${text}`.slice(0, room);
}

/** 4 → "4 s", 75 → "1 min 15 s", 4000 → "1 h 6 min" */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function nothing(): void {
  // A job may report progress that nobody watches.
}
