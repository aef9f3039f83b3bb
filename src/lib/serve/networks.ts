import { OfxError } from '../core/errors.js';
import type { Model, ModelReference } from '../model/catalogue.js';
import type { Precision } from '../model/manifest.js';
import { noVariant, type ModelIdentity } from '../model/network.js';

/** What a request may ask for. */
export interface NetworkWish {
  model?: string | undefined;
  size?: number | undefined;
}

/** A network that a worker can open. */
export interface NetworkAddress {
  reference: ModelReference;
  /** Where to look for it if it cannot be opened there. */
  otherwise?: ModelReference | undefined;
  /** Side of the network's input, in pixels; the one nearest to the default where it is left out. */
  size?: number | undefined;
  precision?: Precision | undefined;
}

/** One entry of `GET /v1/models`. */
export interface ServedModel {
  name: string;
  version: string;
  description?: string;
  licence?: string;
  variants: { inputSize: number; precision: Precision; sha256: string }[];
  /** Used where a request names no model. */
  default: boolean;
}

/** The network that a server was started with, or another one. */
export type WantedNetwork = 'own' | NetworkAddress;

/**
 * The networks that requests can name: the server's own model, and those that are shipped or installed. A request names
 * them by name only, never by a path.
 */
export class Networks {
  readonly #models = new Map<string, { served: ServedModel; address: NetworkAddress }>();
  readonly #own: { name: string; size: number };

  /** @param own - the network that the server was started with; `identity` is what its workers found there */
  constructor(
    own: NetworkAddress,
    { name, version, sha256, inputSize, precision }: ModelIdentity,
    others: readonly Model[],
  ) {
    for (const model of others) this.#add(servedModel(model), { reference: { kind: 'model', model } });
    const served =
      own.reference.kind === 'model'
        ? servedModel(own.reference.model)
        : { name, version, variants: [{ inputSize, precision, sha256 }] };
    this.#add({ ...served, default: true }, own);
    this.#own = { name, size: inputSize };
  }

  get served(): ServedModel[] {
    return [...this.#models.values()]
      .map(({ served }) => served)
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @throws {OfxError} MODEL_NOT_FOUND, SIZE_NOT_AVAILABLE */
  find({ model, size }: NetworkWish): WantedNetwork {
    const name = model ?? this.#own.name;
    const found = this.#models.get(name);
    if (!found) {
      throw new OfxError('MODEL_NOT_FOUND', `There is no model "${name}".`, {
        suggestion: `This server has: ${[...this.#models.keys()].join(', ')}.`,
      });
    }
    if (name === this.#own.name && (size ?? this.#own.size) === this.#own.size) return 'own';
    const sizes = [...new Set(found.served.variants.map(({ inputSize }) => inputSize))];
    if (size !== undefined && !sizes.includes(size)) {
      throw noVariant(found.served.variants, name, { size });
    }
    return { ...found.address, size };
  }

  #add(served: Omit<ServedModel, 'default'> & { default?: boolean }, address: NetworkAddress): void {
    this.#models.set(served.name, { served: { default: false, ...served }, address });
  }
}

function servedModel({ manifest }: Model): Omit<ServedModel, 'default'> {
  const { name, version, description, licence, variants } = manifest;
  return {
    name,
    version,
    ...(description !== undefined && { description }),
    ...(licence !== undefined && { licence }),
    variants: variants.map(({ inputSize, precision, sha256 }) => ({ inputSize, precision, sha256 })),
  };
}
