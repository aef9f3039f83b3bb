import { answerTasks } from '../workers/tasks.js';
import { render } from './render.js';
import type { RenderTask } from './render-pool.js';

answerTasks(({ map, image, options }: RenderTask) => render(map, image, options));
