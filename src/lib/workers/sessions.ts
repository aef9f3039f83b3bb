import { usableCpus } from '../core/cpu.js';

/** How the processors are shared out among inferences. */
export interface SessionPlan {
  /** Inferences at once, each with a copy of the model. */
  concurrency: number;
  /** Threads of one inference. */
  threads: number;
}

/** Images that are decoded, rendered or written while others are in the network. */
export const READ_AHEAD = 2;

/** Fewer images do not repay loading the network twice, which takes about as long as scoring two or three. */
const FEW = 4;

/**
 * What is not said, for a number of images: a few get all processors, one after the other; many are scored two at once,
 * with half of the processors each, so that no processor waits for another within an inference. More sessions would
 * only cost memory.
 */
export function planSessions(
  { concurrency, threads }: { [K in keyof SessionPlan]?: SessionPlan[K] | undefined },
  images: number,
  cpus = usableCpus(),
): SessionPlan {
  const atOnce = concurrency ?? (images > FEW && cpus >= 2 * (threads ?? 1) ? 2 : 1);
  return { concurrency: atOnce, threads: threads ?? Math.max(1, Math.floor(cpus / atOnce)) };
}
