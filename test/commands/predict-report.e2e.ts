import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import sharp from 'sharp';
import { CaseFileSchema } from '../../src/lib/casefile/schema.js';
import { inTemporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT } from '../support/ofx.js';
import { validator } from '../support/schema.js';

