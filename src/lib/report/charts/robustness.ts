import type { RobustnessRow } from '../../run/robustness.js';
import { chart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

const KINDS = [
  { kind: 'jpeg', title: 'Saved again as JPEG', x: 'Quality', reverse: true },
  { kind: 'blur', title: 'Gaussian blur', x: 'Side of the kernel, in pixels', reverse: false },
  { kind: 'noise', title: 'Gaussian noise', x: 'Standard deviation, in grey levels', reverse: false },
  { kind: 'resize', title: 'Made smaller', x: 'Share of the side', reverse: true },
] as const;

const LINES = [
  { column: 'imageAuc', label: 'Image AUC', colour: COLOURS.tampered },
  { column: 'pixelMacroF1', label: 'Macro pixel F1', colour: COLOURS.authentic },
] as const;

/** A chart for each kind of distortion: both numbers over its strength, with their intervals, untouched photos first. */
export function robustnessCharts(rows: readonly RobustnessRow[]): Chart[] {
  const untouched = rows.filter(({ distortion }) => distortion === 'none');
  const measured = KINDS.filter(({ kind }) => rows.some(({ distortion }) => distortion === kind));
  return measured.map(({ kind, title, x: xTitle, reverse }) => {
    const own = rows
      .filter(({ distortion }) => distortion === kind)
      .sort((a, b) => (reverse ? -1 : 1) * (a.level! - b.level!));
    const labels = ['none', ...own.map(({ level }) => String(level))];
    const values = [...untouched, ...own].flatMap((row) =>
      LINES.flatMap(({ column, label }) =>
        row[column] === null
          ? []
          : [
              {
                level: row.distortion === 'none' ? 'none' : String(row.level),
                value: row[column],
                low: row[`${column}Low`],
                high: row[`${column}High`],
                line: label,
              },
            ],
      ),
    );
    const x = { field: 'level', type: 'ordinal', title: xTitle, sort: labels, axis: { labelAngle: 0 } };
    const scale = { domain: [0, 1] };
    const color = {
      field: 'line',
      type: 'nominal',
      sort: null,
      legend: { symbolOpacity: 1 },
      scale: { domain: LINES.map(({ label }) => label), range: LINES.map(({ colour }) => colour) },
    };
    return chart(
      {
        name: `robustness-${kind}`,
        title,
        subtitle: `with 95 % intervals; stronger to the right${reverse ? ', where the number is smaller' : ''}`,
      },
      {
        layer: [
          {
            data: { values },
            mark: { type: 'area', opacity: 0.16, tooltip: false },
            encoding: {
              x,
              y: { field: 'low', type: 'quantitative', title: null, scale },
              y2: { field: 'high' },
              color,
            },
          },
          {
            data: { values },
            mark: { type: 'line', point: { size: 46, filled: true } },
            encoding: { x, y: { field: 'value', type: 'quantitative', title: null, scale }, color },
          },
        ],
      },
    );
  });
}
