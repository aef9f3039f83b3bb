#!/usr/bin/env node
import { execute } from '../dist/lib/cli/oclif.js';

await execute({ dir: import.meta.url });
