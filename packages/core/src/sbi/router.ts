import type { SbiMethod, SbiRequest, SbiResponse } from './message.ts';
import { SbiProblem } from './problem.ts';

/** Values of the `{name}` segments of a route's path. */
export type PathParameters = Readonly<Record<string, string>>;

export type SbiHandler = (
  request: SbiRequest,
  parameters: PathParameters,
) => SbiResponse | Promise<SbiResponse>;

/** One operation of a service. */
export interface Route {
  readonly method: SbiMethod;
  /** For example `/nudm-sdm/v2/{supi}/sm-data`. */
  readonly path: string;
  /** Name of the service operation, for ladders. */
  readonly operation: string;
  /** Whether request or response carry keys. */
  readonly secret?: boolean;
  readonly handle: SbiHandler;
}

/** Finds the operation of a request. */
export class Router {
  readonly #routes: readonly { readonly route: Route; readonly segments: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, segments: route.path.split('/') }));
  }

  /** The operation, or undefined where no path of the service is like that. */
  find(method: string, path: string): { route: Route; parameters: PathParameters } | undefined {
    const segments = path.split('/');
    for (const candidate of this.#routes) {
      if (candidate.route.method !== method) continue;
      const parameters = match(candidate.segments, segments);
      if (parameters !== undefined) return { route: candidate.route, parameters };
    }
    return undefined;
  }

  /** Serves a request. Every failure becomes an answer. */
  async handle(request: SbiRequest): Promise<SbiResponse> {
    try {
      const found = this.find(request.method, request.path);
      if (found === undefined) {
        const detail = `no operation ${request.method} ${request.path.slice(0, 200)}`;
        throw new SbiProblem(404, 'RESOURCE_URI_STRUCTURE_NOT_FOUND', detail);
      }
      return await found.route.handle(request, found.parameters);
    } catch (error) {
      return problemOf(error).toResponse();
    }
  }
}

/** Any failure of a handler as a problem; what is no problem yet is a defect of ours. */
function problemOf(error: unknown): SbiProblem {
  if (error instanceof SbiProblem) return error;
  const detail = error instanceof Error ? error.message : 'unexpected failure';
  return new SbiProblem(500, 'SYSTEM_FAILURE', detail);
}

function match(template: readonly string[], path: readonly string[]): PathParameters | undefined {
  if (template.length !== path.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, part] of template.entries()) {
    const given = path[i] as string;
    if (!part.startsWith('{')) {
      if (part !== given) return undefined;
      continue;
    }
    const value = decodeSegment(given);
    if (value === undefined || value === '') return undefined;
    parameters[part.slice(1, -1)] = value;
  }
  return parameters;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
