#!/usr/bin/env node
import { start } from '../dist/lib/cli/start.js';

await start(import.meta.url);
