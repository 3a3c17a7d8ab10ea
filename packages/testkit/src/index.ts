export { Agenda } from './agenda.ts';
export {
  type Arrival,
  HEADER_OCTETS,
  Link,
  type LinkOptions,
  type LinkStatistics,
} from './link.ts';
export { PausableMachine } from './pausable-machine.ts';
export { SeededRandom } from './seeded-random.ts';
export { type HostEvent, SimulatedHost } from './simulated-host.ts';
export { type AttachOptions, Simulation, SimulationError, type Wire } from './simulation.ts';
