import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { openDataset } from '../dataset/open.js';
import { isFolder } from '../files/exists.js';
import type { Objective } from '../metrics/calibrate.js';
import { readThresholds, THRESHOLDS_FILE } from '../model/thresholds-file.js';
import { readEvidence } from '../run/evidence.js';
import { chooseRunFolder } from '../run/folder.js';
import type { RunRecord } from '../run/record.js';
import type { ValidateEvents, ValidateRequest } from './request.js';
import { validate } from './validate.js';

/** Where the run that thresholds come from lies, below the folder of the run that stands at them. */
const CALIBRATION_FOLDER = 'calibration';

/**
 * Fits thresholds on one part of the data and reports on another, so that nobody reads numbers of the data that they were
 * fitted on. Images that are in both parts are counted in a warning.
 *
 * @param on another list of the same data set, or another data set
 * @throws {OfxError} DATASET_INVALID where nothing could be fitted, and as `validate`
 */
export async function validateCalibrated(
  request: ValidateRequest,
  on: string,
  objective: Objective,
  events: ValidateEvents = {},
  signal?: AbortSignal,
): Promise<RunRecord> {
  const { folder } = await chooseRunFolder({
    out: request.out,
    dataset: (await openDataset(request.dataset, request)).name,
    model: request.model?.kind === 'model' ? request.model.model.manifest.name : 'model',
    date: new Date(),
    resume: false,
  });
  const isDataset = await isFolder(on);
  const place = path.join(folder, CALIBRATION_FOLDER);
  const calibration = await validate(
    {
      ...request,
      ...(isDataset ? { dataset: on, split: undefined } : { split: on }),
      out: place,
      calibrate: objective,
      into: request.into ?? path.join(place, THRESHOLDS_FILE),
      panels: 'none',
      masks: false,
      charts: false,
      saveMaps: undefined,
      robustness: undefined,
      failOn: [],
      baseline: undefined,
    },
    events,
    signal,
  );
  const { calibration: fitted, calibrationRefused, dataset } = calibration.summary;
  if (!fitted) {
    throw new OfxError('DATASET_INVALID', `Nothing could be fitted on ${on}: ${calibrationRefused!}.`, {
      suggestion: `What was measured there is in ${place}. Give other data, or leave --calibrate-on out.`,
    });
  }
  const { images } = await readEvidence(place);
  const { score, mask, temperature } = fitted;
  const thresholds = {
    score,
    temperature,
    ...(mask !== null && { mask }),
    fittedOn: {
      dataset: dataset.name,
      list: dataset.list,
      samples: dataset.samples,
      sha256: dataset.sha256,
      objective: fitted.objective,
    },
  };
  return validate(
    {
      ...request,
      out: folder,
      into: undefined,
      detector: {
        ...request.detector,
        // Weights hold for the way in which sources are joined, which the file names.
        thresholds: fitted.fusion
          ? await readThresholds(fitted.file)
          : { kind: 'plain', file: fitted.file, thresholds },
      },
      fittedOnImages: new Set(images.map(({ imageSha256 }) => imageSha256)),
    },
    events,
    signal,
  );
}
