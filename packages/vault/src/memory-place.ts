import { MemoryBackend } from './memory-backend.ts';
import type { VaultPlace } from './vault-keeper.ts';

/** A vault's place in memory, gone when the process is. */
export class MemoryPlace implements VaultPlace {
  readonly #backends = new Map<number, MemoryBackend>();

  async generations(): Promise<number[]> {
    return [...this.#backends.keys()];
  }

  async open(generation: number): Promise<MemoryBackend> {
    const backend = this.#backends.get(generation) ?? new MemoryBackend();
    this.#backends.set(generation, backend);
    return backend;
  }

  /** All that is stored; what comes after, in either of the two, stays there. */
  copy(): MemoryPlace {
    const copy = new MemoryPlace();
    for (const [generation, backend] of this.#backends) copy.#backends.set(generation, backend.copy());
    return copy;
  }

  async remove(generation: number): Promise<void> {
    await this.#backends.get(generation)?.destroy();
    this.#backends.delete(generation);
  }
}
