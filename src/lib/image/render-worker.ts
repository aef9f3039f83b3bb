import { render } from './render.js';
import type { RenderTask } from './render-pool.js';

export default async function handle({ map, image, options }: RenderTask): ReturnType<typeof render> {
  return render(map, image, options);
}
