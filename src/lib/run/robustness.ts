import { Type, type Static } from '@sinclair/typebox';
import { NumberOrNull } from '../core/schema.js';
import { toCsv } from '../text/csv.js';

/** What a run gives on photos that were distorted in one way. */
export const RobustnessRowSchema = Type.Object(
  {
    distortion: Type.Union(['none', 'jpeg', 'blur', 'noise', 'resize'].map((kind) => Type.Literal(kind))),
    level: Type.Union([Type.Number(), Type.Null()], {
      description: 'JPEG quality; side of the kernel; standard deviation in grey levels; share of the side',
    }),
    imageAuc: NumberOrNull,
    imageAucLow: NumberOrNull,
    imageAucHigh: NumberOrNull,
    pixelMacroF1: Type.Union([Type.Number(), Type.Null()], { description: 'At the mask threshold' }),
    pixelMacroF1Low: NumberOrNull,
    pixelMacroF1High: NumberOrNull,
    images: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
  },
  { $id: 'validation-robustness', title: 'A row of robustness.csv; null is an empty cell' },
);
export type RobustnessRow = Static<typeof RobustnessRowSchema>;

/** `robustness.csv` */
export function robustnessCsv(rows: readonly RobustnessRow[]): string {
  return toCsv([...rows], { header: true, columns: Object.keys(RobustnessRowSchema.properties) });
}
