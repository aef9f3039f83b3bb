/** Brings the one photo that is looked at onto the page. */
import { listed, showReport } from './result.js';
import { showReview } from './review.js';
import { fileOf, picturesOf } from './session.js';
import { showSlider } from './threshold.js';
import { canShow, showPrediction } from './viewer.js';

const byId = (id) => document.getElementById(id);

const SMALLER = 'This is a smaller copy: ';

let modelOf;
/** Of the photo that is shown; given back with the next. */
let address = '';
/** What was asked for last: whoever goes on quickly sees only that. */
let wanted;

/** @param {() => object | undefined} model - what the server says of its own model */
export function startOpening(model) {
  modelOf = model;
}

/**
 * @param {object} entry
 * @param {() => void} reveal - called once all is there, so that nobody reads the words of the photo before
 */
export async function open(entry, reveal) {
  const { result } = entry;
  wanted = entry;
  const [file, pictures] = [await fileOf(entry), await picturesOf(entry)];
  const found = pictures && (await photoOf(file, pictures, result));
  if (wanted !== entry) return;
  showReview(entry);
  showReport(result, pictures?.mask ?? new Blob(), modelOf());
  showSlider(entry);
  byId('viewer').hidden = !pictures;
  reveal();
  if (pictures) {
    URL.revokeObjectURL(address);
    address = found.shownAddress;
    await showPrediction(address, result, listed(result), pictures, found.words);
  }
}

/** The photo in all its pixels, where this browser can show it and shows the page that the result is about. */
async function photoOf(file, { photo }, { pages }) {
  const small = (reason) => ({ shownAddress: URL.createObjectURL(photo), words: `${SMALLER}${reason}` });
  if (!file) return small('the photo itself is not kept.');
  if (pages) return small('this browser shows no single page of such a file.');
  const own = URL.createObjectURL(file);
  if (await canShow(own)) return { shownAddress: own, words: '' };
  URL.revokeObjectURL(own);
  return small('this browser cannot show files of this kind.');
}
