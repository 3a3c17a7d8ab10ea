export { type AccessSettings, accessService, accessSettings } from './access-service.ts';
export { ControlServer } from './control-server.ts';
export { DelayQueue } from './delay-queue.ts';
export { changeImpairment, type Impairment, impairmentSettings } from './impairment.ts';
export { Link, type LinkCounters } from './link.ts';
export { Relay, type RelayOptions, type RelayStatistics } from './relay.ts';
export { playSchedule, readSchedule, type ScheduleStep } from './schedule.ts';
