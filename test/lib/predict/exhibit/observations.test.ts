import { expect } from 'chai';
import { observations, type Observed } from '../../../../src/lib/predict/exhibit/observations.js';

const PHOTO: Observed = {
  format: 'jpeg',
  width: 4000,
  height: 3000,
  exif: { camera: 'Canon EOS', gps: false },
  now: new Date('2026-01-01T00:00:00Z'),
};
const of = (change: Partial<Observed>): string => observations({ ...PHOTO, ...change }).join('\n');

describe('observations of a file', () => {
  it('has nothing to say of a photo as a camera makes it, upright or turned', () => {
    const exif = { ...PHOTO.exif!, size: { width: 3000, height: 4000 }, taken: '2025-06-01 10:00:00' };
    expect(of({ exif })).to.equal('');
  });

  it('names what does not fit in EXIF', () => {
    const exif = {
      ...PHOTO.exif!,
      size: { width: 6000, height: 4000 },
      software: 'GIMP 2.10',
      taken: '2025-06-02 10:00:00 +02:00',
      changed: '2025-06-02 07:00:00 +00:00',
    };
    expect(of({ exif })).to.match(/6000 × 4000.*4000 × 3000/);
    expect(of({ exif })).to.match(/\(GIMP 2\.10\)/);
    expect(of({ exif })).to.match(/changed .* before it was taken/);
    expect(of({ exif: { ...PHOTO.exif!, taken: '2030-01-01 00:00:00' } })).to.match(/after it was examined/);
    expect(of({ exif: undefined, exifUnreadable: true })).to.match(/damaged/);
  });

  it('names sizes of screens and of shared photos only where no camera is named', () => {
    expect(of({ width: 1170, height: 2532, exif: undefined })).to.match(/size of a screen/);
    expect(of({ width: 1170, height: 2532 })).to.equal('');
    expect(of({ width: 1600, height: 1201, exif: undefined })).to.match(/messengers/);
    expect(of({ exif: undefined })).to.match(/names no camera/);
  });

  it('names strong compression', () => {
    const jpeg = { quality: 40, standardTables: true, progressive: false };
    expect(of({ jpeg })).to.match(/quality about 40/);
    expect(of({ jpeg: { ...jpeg, quality: 90 } })).to.equal('');
  });
});
