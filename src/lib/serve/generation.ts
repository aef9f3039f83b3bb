import path from 'node:path';
import type { WorkerEnd } from '../workers/pool.js';
import { readCard } from '../model/card.js';
import { listModels, type Model, type ModelReference } from '../model/catalogue.js';
import type { Network } from '../model/network.js';
import type { Token } from './access.js';
import { AnalysisPool } from './analysis-pool.js';
import { HeldFiles } from './held-files.js';
import { Networks } from './networks.js';
import type { ServeOptions } from './options.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { chooseEvidence } from '../predict/evidence/choice.js';
import { REGISTRY } from '../predict/evidence/sources.js';
import type { RunFacts } from '../predict/exhibit/keeper.js';

/** All that a reload renews: the model with its thresholds, the workers that have loaded it, and the tokens. */
export class Generation {
  private constructor(
    readonly pool: AnalysisPool,
    readonly networks: Networks,
    readonly network: Network,
    readonly tokens: readonly Token[],
    /** What people should know about the server's own network, and about models that it left out. */
    readonly notes: readonly string[],
    readonly files: HeldFiles,
    /** By what, and how, photos are examined where a request names nothing. */
    readonly facts: Omit<RunFacts, 'settings'> & { thresholds: EffectiveThresholds },
  ) {}

  /**
   * Reads everything again, and starts workers. One of them is ready then. Another model that is broken is left out, with a
   * note.
   *
   * @throws {OfxError} as `Analyser.open`, and as the options' `read`
   */
  static async load(
    options: ServeOptions,
    onEnd: (end: WorkerEnd, pool: AnalysisPool) => void,
  ): Promise<Generation> {
    const { model: reference, tokens, thresholds: given } = await options.read();
    let files = reference.kind === 'model' ? await HeldFiles.of(reference.model) : undefined;
    const address = (held: HeldFiles | undefined) => ({
      reference: held ? ({ kind: 'model', model: held.model } as const) : reference,
      otherwise: held ? reference : undefined,
      size: options.size,
      precision: options.precision,
    });
    const pool = new AnalysisPool(address(files), { ...options, given }, onEnd);
    try {
      const { network, thresholds: inForce } = await pool.describe();
      files ??= await HeldFiles.of(modelOf(reference, network), false);
      pool.pin(address(files), inForce);
      const broken: string[] = [];
      const others = await listModels(({ message }) => {
        broken.push(`A model is left out. ${message}`);
      });
      const networks = new Networks(address(files), network.identity, others);
      const facts = {
        model: reference,
        card: await readCard(reference),
        network,
        evidence: chooseEvidence(network, options.evidence, REGISTRY),
        temperature: inForce.temperature,
        thresholds: inForce,
      };
      return new Generation(pool, networks, network, tokens, [...network.notes, ...broken], files, facts);
    } catch (error) {
      await pool.close();
      await files?.close();
      throw error;
    }
  }

  /** Ends its workers once they have done what they have. */
  async retire(): Promise<void> {
    await this.pool.retire();
    await this.files.close();
  }

  /** @param graceMs - workers that are not done by then are killed */
  async close(graceMs = 0): Promise<void> {
    await this.pool.close(graceMs);
    await this.files.close();
  }
}

/** A bare file as the model that a worker found it to be, so that another file in its place is told from it. */
function modelOf(reference: ModelReference, { file, identity, input, outputs, thresholds }: Network): Model {
  if (reference.kind === 'model') return reference.model;
  const { name, version, sha256, inputSize, precision } = identity;
  return {
    folder: path.dirname(file),
    manifest: {
      schemaVersion: 1,
      name,
      version,
      input: { ...input, colour: 'RGB', layout: 'NCHW', resize: 'opencv-linear' },
      outputs,
      variants: [{ file: path.basename(file), inputSize, precision, sha256, bytes: 1 }],
      ...(thresholds && { thresholds }),
    },
  };
}
