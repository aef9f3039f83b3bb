import { toCsv } from '../text/csv.js';
import { isFailed, type Prediction, type PredictResult, type PredictSummary } from '../predict/result.js';
import {
  PREDICTION_COLUMNS,
  PREDICTION_HEADER,
  predictionLine,
  predictionParagraph,
  predictionRow,
  summaryLine,
  worthNote,
} from './prediction-text.js';

export const PREDICTION_FORMATS = ['human', 'json', 'ndjson', 'csv'] as const;
export type PredictionFormat = (typeof PREDICTION_FORMATS)[number];

/** Writes results to stdout as they come. `json` is one document, which the command itself writes. */
export interface PredictionOutput {
  start: (single: boolean) => void;
  result: (result: PredictResult) => void;
  end: (summary: PredictSummary) => void;
}

/** @param quiet - people are told nothing; programs get what they asked for all the same */
export function predictionOutput(
  format: PredictionFormat,
  write: (text: string) => void,
  quiet = false,
): PredictionOutput {
  switch (format) {
    case 'human':
      return quiet ? SILENT : humanOutput(write);
    case 'ndjson':
      return {
        start: nothing,
        result: (result) => {
          write(`${JSON.stringify(result)}\n`);
        },
        end: nothing,
      };
    case 'csv': {
      const columns = [...PREDICTION_COLUMNS];
      return {
        start: () => {
          write(toCsv([columns]));
        },
        result: (result) => {
          write(toCsv([predictionRow(result)], { columns }));
        },
        end: nothing,
      };
    }
    case 'json':
      return SILENT;
  }
}

function humanOutput(write: (text: string) => void): PredictionOutput {
  let single = false;
  let tested: Prediction | undefined;
  return {
    start(one) {
      single = one;
      if (!single) write(`${PREDICTION_HEADER}\n`);
    },
    result(result) {
      if (!isFailed(result) && result.tested) tested = result;
      // A single input that failed is the command's error, told on stderr.
      if (!single) write(`${predictionLine(result)}\n`);
      else if (!isFailed(result)) write(`${predictionParagraph(result)}\n`);
    },
    end(summary) {
      if (single) return;
      write(`${summaryLine(summary)}\n`);
      if (tested) write(`${worthNote(tested)}\n`);
    },
  };
}

function nothing(): void {
  // This format has nothing to say here.
}

const SILENT: PredictionOutput = { start: nothing, result: nothing, end: nothing };
