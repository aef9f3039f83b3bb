/** What all rows of a run can be written as. */
export const RESULT_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

export const RESULT_ENDINGS: Record<ResultFormat, string> = {
  parquet: '.parquet',
  csv: '.csv',
  ndjson: '.ndjson',
};
